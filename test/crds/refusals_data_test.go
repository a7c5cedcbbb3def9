package crds

func dnsMistakes() map[string]mistake {
	const (
		domain = "domain must be two or more lower-case names with dots between them and none at the end, such as dev.example.com"
		again  = "remove dns first, then add it anew"
		dev    = "{dns: {domain: dev.example.com}}"
	)
	with := func(domain string) string { return "{dns: {domain: '" + domain + "'}}" }
	return map[string]mistake{
		"Missing": {
			reason: "A zone is of a domain.",
			wrong:  "{dns: {private: true}}", field: "spec.dns.domain", says: "Required value",
			right: []string{"{dns: {domain: dev.example.com, private: true}}", "{}"},
		},
		"SingleLabel": {
			reason: "Nobody owns a whole top-level domain.",
			wrong:  with("internal"), field: "spec.dns.domain", says: domain,
			right: []string{with("dev.internal")},
		},
		"Uppercase": {
			reason: "Route 53 would answer in lower case, and the provider set it back for ever.",
			wrong:  with("Dev.example.com"), field: "spec.dns.domain", says: domain,
			right: []string{dev},
		},
		"TrailingDot": {
			reason: "So it would without the dot.",
			wrong:  with("dev.example.com."), field: "spec.dns.domain", says: domain,
			right: []string{dev},
		},
		"Underscore": {
			reason: "Hosts have no underscores.",
			wrong:  with("dev_a.example.com"), field: "spec.dns.domain", says: domain,
			right: []string{with("dev-a.example.com")},
		},
		"Wildcard": {
			reason: "A zone has all names in it anyway.",
			wrong:  with("*.example.com"), field: "spec.dns.domain", says: domain,
			right: []string{with("a.example.com")},
		},
		"URL": {
			reason: "A URL is no domain.",
			wrong:  with("https://example.com/"), field: "spec.dns.domain", says: domain,
			right: []string{with("example.com")},
		},
		"LongLabel": {
			reason: "A name between dots has at most 63 characters.",
			wrong:  with(long(64) + ".example.com"), field: "spec.dns.domain", says: domain,
			right: []string{with(long(63) + ".example.com")},
		},
		"TooLong": {
			reason: "And all of them 253.",
			wrong:  with(long(63) + "." + long(63) + "." + long(63) + "." + long(62)), field: "spec.dns.domain", says: "may not be more than 253",
			right: []string{with(long(63) + "." + long(63) + "." + long(63) + "." + long(61))},
		},
		"ZoneID": {
			reason: "The console shows ids in capitals.",
			wrong:  "{dns: {domain: dev.example.com, zoneId: z0123456789}}", field: "spec.dns.zoneId", says: "zoneId must be the id of a hosted zone, such as Z0123456789ABCDEFGHIJ",
			right: []string{"{dns: {domain: dev.example.com, zoneId: Z0123456789}}"},
		},
		"ZoneIDPath": {
			reason: "The API puts a path before the id.",
			wrong:  "{dns: {domain: dev.example.com, zoneId: /hostedzone/Z0123456789}}", field: "spec.dns.zoneId", says: "zoneId must be the id of a hosted zone",
			right: []string{"{dns: {domain: dev.example.com, zoneId: Z0123456789ABCDEFGHIJ}}"},
		},
		"DestroyTheirs": {
			reason: "What is not ours is never deleted.",
			wrong:  "{dns: {domain: dev.example.com, zoneId: Z0123456789, forceDestroy: true}}", field: "spec.dns.forceDestroy", says: "forceDestroy is for a zone of this platform, leave it out",
			right: []string{"{dns: {domain: dev.example.com, forceDestroy: true}}", "{dns: {domain: dev.example.com, zoneId: Z0123456789, forceDestroy: false}}"},
		},
		"DomainChanged": {
			reason: "A zone keeps its domain.",
			old:    dev,
			wrong:  with("prod.example.com"), field: "spec.dns.domain", says: "domain is immutable: " + again,
			right: []string{"{}", "{dns: {domain: dev.example.com, forceDestroy: true}}"},
		},
		"PrivateChanged": {
			reason: "A zone stays private or public.",
			old:    dev,
			wrong:  "{dns: {domain: dev.example.com, private: true}}", field: "spec.dns.private", says: "private is immutable: " + again,
			right: []string{"{dns: {domain: dev.example.com, private: false}}"},
		},
		"ZoneIDAdded": {
			reason: "It has a zone already, ours.",
			old:    dev,
			wrong:  "{dns: {domain: dev.example.com, zoneId: Z0123456789}}", field: "spec.dns.zoneId", says: "zoneId can be neither added nor removed later: " + again,
			right: []string{dev},
		},
		"ZoneIDRemoved": {
			reason: "The new zone would be another.",
			old:    "{dns: {domain: dev.example.com, zoneId: Z0123456789}}",
			wrong:  dev, field: "spec.dns.zoneId", says: "zoneId can be neither added nor removed later: " + again,
			right: []string{"{}"},
		},
		"ZoneIDChanged": {
			reason: "And so would another's.",
			old:    "{dns: {domain: dev.example.com, zoneId: Z0123456789}}",
			wrong:  "{dns: {domain: dev.example.com, zoneId: Z9876543210}}", field: "spec.dns.zoneId", says: "zoneId is immutable: " + again,
			right: []string{"{dns: {domain: dev.example.com, zoneId: Z0123456789}, tags: {a: b}}"},
		},
		"Anew": {
			reason: "After its removal it may be anything.",
			old:    "{}",
			wrong:  "{dns: {}}", field: "spec.dns.domain", says: "Required value",
			right: []string{"{dns: {domain: prod.example.com, private: true}}"},
		},
	}
}

func databaseMistakes() map[string]mistake {
	const (
		above = "maxStorageGiB must be above storageGiB (20 unless given), by at least a tenth"
		tenth = "storageGiB can only grow by a tenth or more at once"
		two   = "version of mysql and mariadb must have two numbers or three, such as 8.4 or 10.11.6"
		half  = "maintenanceWindow must be half an hour or longer, and shorter than a day"
	)
	with := func(s string) string { return "{databases: [{name: a, engine: postgres" + s + "}]}" }
	window := func(s string) string { return with(", maintenanceWindow: '" + s + "'") }
	return map[string]mistake{
		"NoEngine": {
			reason: "There is no default engine.",
			wrong:  "{databases: [{name: a}]}", field: "spec.databases[0].engine", says: "Required value",
			right: []string{with("")},
		},
		"Engine": {
			reason: "RDS has others, the platform doesn't.",
			wrong:  "{databases: [{name: a, engine: oracle}]}", field: "spec.databases[0].engine", says: `supported values: "postgres", "mysql", "mariadb"`,
			right: []string{"{databases: [{name: a, engine: mariadb}]}", "{databases: [{name: a, engine: mysql}]}"},
		},
		"EngineSpelling": {
			reason: "RDS spells it so.",
			wrong:  "{databases: [{name: a, engine: postgresql}]}", field: "spec.databases[0].engine", says: `supported values: "postgres", "mysql", "mariadb"`,
			right: []string{"{databases: [{name: a, engine: postgres}]}"},
		},
		"NameTwice": {
			reason: "Two databases of one name are one.",
			wrong:  "{databases: [{name: a, engine: mysql}, {name: a, engine: postgres}]}", field: "spec.databases[1]", says: "Duplicate value",
			right: []string{"{databases: [{name: a, engine: mysql}, {name: b, engine: mysql}]}"},
		},
		"Name": {
			reason: "RDS takes no underscores.",
			wrong:  "{databases: [{name: my_orders, engine: mysql}]}", field: "spec.databases[0].name", says: "name must be lower-case letters, digits and single hyphens",
			right: []string{"{databases: [{name: my-orders, engine: mysql}]}"},
		},
		"LongName": {
			reason: "The platform's name goes before it.",
			wrong:  "{databases: [{name: " + long(21) + ", engine: mysql}]}", field: "spec.databases[0].name", says: "may not be more than 20",
			right: []string{"{databases: [{name: " + long(20) + ", engine: mysql}]}"},
		},
		"Version": {
			reason: "A version is numbers.",
			wrong:  with(", version: latest"), field: "spec.databases[0].version", says: "version must be a version of the engine, major or exact, such as 17 or 17.4",
			right: []string{with(", version: '17'"), with(", version: '17.4'"), "{databases: [{name: a, engine: mysql, version: 8.0.42}]}"},
		},
		"VersionWithName": {
			reason: "The engine is a field of its own.",
			wrong:  with(", version: postgres-17"), field: "spec.databases[0].version", says: "version must be a version of the engine",
			right: []string{with("")},
		},
		"VersionNumber": {
			reason: "Without quotes 17.10 would be 17.1.",
			wrong:  with(", version: 17"), field: "spec.databases[0].version", says: "must be of type string",
			right: []string{with(", version: '17'")},
		},
		"InstanceClass": {
			reason: "A node's type is no database's class.",
			wrong:  with(", instanceClass: t4g.medium"), field: "spec.databases[0].instanceClass", says: "instanceClass must be an RDS instance class, such as db.t4g.medium",
			right: []string{with(", instanceClass: db.t4g.medium")},
		},
		"StorageTooSmall": {
			reason: "A gp3 volume of RDS has at least 20 GiB.",
			wrong:  with(", storageGiB: 19"), field: "spec.databases[0].storageGiB", says: "should be greater than or equal to 20",
			right: []string{with(", storageGiB: 20")},
		},
		"StorageTooLarge": {
			reason: "And at most 64 TiB.",
			wrong:  with(", storageGiB: 65537"), field: "spec.databases[0].storageGiB", says: "should be less than or equal to 65536",
			right: []string{with(", storageGiB: 65536")},
		},
		"MaxBelow": {
			reason: "A volume does not shrink.",
			wrong:  with(", storageGiB: 100, maxStorageGiB: 50"), field: "spec.databases[0].maxStorageGiB", says: above,
			right: []string{with(", storageGiB: 50, maxStorageGiB: 100")},
		},
		"MaxEqual": {
			reason: "Who wants no growth leaves it out.",
			wrong:  with(", storageGiB: 100, maxStorageGiB: 100"), field: "spec.databases[0].maxStorageGiB", says: above,
			right: []string{with(", storageGiB: 100")},
		},
		"MaxTooNear": {
			reason: "RDS grows a volume by a tenth or not at all.",
			wrong:  with(", storageGiB: 100, maxStorageGiB: 109"), field: "spec.databases[0].maxStorageGiB", says: above,
			right: []string{with(", storageGiB: 100, maxStorageGiB: 110")},
		},
		"MaxBelowDefault": {
			reason: "The default size is a size.",
			wrong:  with(", maxStorageGiB: 21"), field: "spec.databases[0].maxStorageGiB", says: "should be greater than or equal to 22",
			right: []string{with(", maxStorageGiB: 22")},
		},
		"Backups": {
			reason: "RDS keeps backups for 35 days.",
			wrong:  with(", backupRetentionDays: 36"), field: "spec.databases[0].backupRetentionDays", says: "should be less than or equal to 35",
			right: []string{with(", backupRetentionDays: 35"), with(", backupRetentionDays: 0")},
		},
		"NegativeBackups": {
			reason: "No backups is 0.",
			wrong:  with(", backupRetentionDays: -1"), field: "spec.databases[0].backupRetentionDays", says: "should be greater than or equal to 0",
			right: []string{with(", backupRetentionDays: 0")},
		},
		"EngineChanged": {
			reason: "Data does not move by itself.",
			old:    with(""),
			wrong:  "{databases: [{name: a, engine: mysql}]}", field: "spec.databases[0].engine", says: "engine is immutable: add another database and move the data",
			right: []string{"{databases: [{name: b, engine: mysql}, {name: a, engine: postgres}]}", "{databases: [{name: b, engine: postgres}]}", "{}"},
		},
		"Shrunk": {
			reason: "RDS can't shrink a volume.",
			old:    with(", storageGiB: 100"),
			wrong:  with(", storageGiB: 99"), field: "spec.databases[0].storageGiB", says: "storageGiB can only grow: RDS can't shrink a volume",
			right: []string{with(", storageGiB: 100, multiAz: true"), with(", storageGiB: 100, maxStorageGiB: 500"), with(", storageGiB: 200")},
		},
		"ShrunkToDefault": {
			reason: "Nor to the default.",
			old:    with(", storageGiB: 100"),
			wrong:  with(""), field: "spec.databases[0].storageGiB", says: "storageGiB can only grow",
			right: []string{"{databases: [{name: b, engine: postgres}]}"},
		},
		"GrownALittle": {
			reason: "RDS makes more of it, and the provider would set it back for ever.",
			old:    with(", storageGiB: 100"),
			wrong:  with(", storageGiB: 109"), field: "spec.databases[0].storageGiB", says: tenth,
			right: []string{with(", storageGiB: 110")},
		},
		"VersionBack": {
			reason: "RDS has no way back.",
			old:    with(", version: '17.4'"),
			wrong:  with(", version: '16'"), field: "spec.databases[0].version", says: "version can't go back to a lower major version: RDS has no way back; leave version out to keep what runs",
			right: []string{with(", version: '17'"), with(", version: '18'"), with("")},
		},
		"MajorOfTwo": {
			reason: "RDS has no version 8 of MySQL: 8.0 and 8.4 are majors of their own.",
			wrong:  "{databases: [{name: a, engine: mysql, version: '8'}]}", field: "spec.databases[0].version", says: two,
			right: []string{"{databases: [{name: a, engine: mysql, version: '8.4'}]}", with(", version: '8'"), "{databases: [{name: a, engine: mysql}]}"},
		},
		"MajorOfMariaDB": {
			reason: "Nor one 10 of MariaDB.",
			wrong:  "{databases: [{name: a, engine: mariadb, version: '10'}]}", field: "spec.databases[0].version", says: two,
			right: []string{"{databases: [{name: a, engine: mariadb, version: '10.11'}]}", "{databases: [{name: a, engine: mariadb, version: 10.11.6}]}"},
		},
		"MajorOfTwoBack": {
			reason: "There is no way back from 8.4 to 8.0, either.",
			old:    "{databases: [{name: a, engine: mysql, version: 8.4.3}]}",
			wrong:  "{databases: [{name: a, engine: mysql, version: '8.0'}]}", field: "spec.databases[0].version", says: "version can't go back to a lower major version, of two numbers",
			right: []string{"{databases: [{name: a, engine: mysql, version: '8.4'}]}", "{databases: [{name: a, engine: mysql, version: '9.0'}]}", "{databases: [{name: a, engine: mysql}]}"},
		},
		"WindowSpelling": {
			reason: "RDS spells days so.",
			wrong:  with(", maintenanceWindow: 'Sunday 03:00-04:00'"), field: "spec.databases[0].maintenanceWindow", says: "such as sun:03:00-sun:04:00",
			right: []string{window("sun:03:00-sun:04:00")},
		},
		"WindowTooShort": {
			reason: "RDS wants half an hour.",
			wrong:  window("sun:03:00-sun:03:29"), field: "spec.databases[0].maintenanceWindow", says: half,
			right: []string{window("sun:03:00-sun:03:30"), window("sun:08:45-sun:09:15")},
		},
		"WindowEmpty": {
			reason: "Nothing is too short, and a week too long.",
			wrong:  window("sun:03:00-sun:03:00"), field: "spec.databases[0].maintenanceWindow", says: half,
			right: []string{window("sat:03:01-sun:03:00")},
		},
		"WindowTooLong": {
			reason: "And less than a day.",
			wrong:  window("sun:03:00-mon:03:00"), field: "spec.databases[0].maintenanceWindow", says: half,
			right: []string{window("sun:03:00-mon:02:59")},
		},
		"WindowBack": {
			reason: "One that ends before it begins lasts until next week.",
			wrong:  window("sun:04:00-sun:03:00"), field: "spec.databases[0].maintenanceWindow", says: half,
			right: []string{window("sun:03:00-sun:04:00")},
		},
		"WindowOverTheWeek": {
			reason: "A week begins where it ends.",
			wrong:  window("sun:23:45-mon:00:10"), field: "spec.databases[0].maintenanceWindow", says: half,
			right: []string{window("sun:23:45-mon:00:15"), window("sun:23:00-mon:22:59")},
		},
	}
}

func queueMistakes() map[string]mistake {
	const name = "name must be lower-case letters, digits and single hyphens, begin with a letter and not end with a hyphen, such as orders; a FIFO queue gets its .fifo by itself"
	with := func(s string) string { return "{queues: [{name: a" + s + "}]}" }
	return map[string]mistake{
		"NameTwice": {
			reason: "Two queues of one name are one.",
			wrong:  "{queues: [{name: a}, {name: a, fifo: true}]}", field: "spec.queues[1]", says: "Duplicate value",
			right: []string{"{queues: [{name: a}, {name: b, fifo: true}]}"},
		},
		"Suffix": {
			reason: "The suffix is SQS's.",
			wrong:  "{queues: [{name: orders.fifo, fifo: true}]}", field: "spec.queues[0].name", says: name,
			right: []string{"{queues: [{name: orders-fifo, fifo: true}]}"},
		},
		"Uppercase": {
			reason: "Names are one as AWS's.",
			wrong:  "{queues: [{name: a}, {name: Orders}]}", field: "spec.queues[1].name", says: name,
			right: []string{"{queues: [{name: a}, {name: orders}]}"},
		},
		"Underscore": {
			reason: "Ours are between the parts of a queue's name.",
			wrong:  "{queues: [{name: orders_dlq}]}", field: "spec.queues[0].name", says: name,
			right: []string{"{queues: [{name: orders-dlq}, {name: orders, deadLetter: {}}]}"},
		},
		"LongName": {
			reason: "The platform's name goes before it.",
			wrong:  "{queues: [{name: " + long(31) + "}]}", field: "spec.queues[0].name", says: "may not be more than 30",
			right: []string{"{queues: [{name: " + long(30) + "}]}"},
		},
		"TooMany": {
			reason: "A platform has at most a hundred.",
			wrong:  "{queues: " + items(101, "{name: q%d}") + "}", field: "spec.queues", says: "must have at most 100 items",
			right: []string{"{queues: " + items(100, "{name: q%d}") + "}"},
		},
		"Deduplication": {
			reason: "Only FIFO queues deduplicate.",
			wrong:  with(", contentBasedDeduplication: true"), field: "spec.queues[0].contentBasedDeduplication", says: "contentBasedDeduplication is for FIFO queues: set fifo to true too",
			right: []string{with(", fifo: true, contentBasedDeduplication: true"), with(", fifo: true")},
		},
		"Kind": {
			reason: "A queue stays of its kind.",
			old:    with(""),
			wrong:  with(", fifo: true"), field: "spec.queues[0].fifo", says: "fifo is immutable: add another queue and move over",
			right: []string{"{queues: [{name: b, fifo: true}, {name: a}]}", "{queues: [{name: b, fifo: true}]}", with(", deadLetter: {}")},
		},
		"KindBack": {
			reason: "Either way, and whatever the order of the queues.",
			old:    "{queues: [{name: b}, {name: a, fifo: true}]}",
			wrong:  "{queues: [{name: a}, {name: b}]}", field: "spec.queues[0].fifo", says: "fifo is immutable",
			right: []string{"{queues: [{name: a, fifo: true}, {name: b}]}"},
		},
		"Visibility": {
			reason: "SQS hides a message for twelve hours at most.",
			wrong:  with(", visibilityTimeoutSeconds: 43201"), field: "spec.queues[0].visibilityTimeoutSeconds", says: "should be less than or equal to 43200",
			right: []string{with(", visibilityTimeoutSeconds: 43200"), with(", visibilityTimeoutSeconds: 0")},
		},
		"NegativeVisibility": {
			reason: "Not hidden is 0.",
			wrong:  with(", visibilityTimeoutSeconds: -1"), field: "spec.queues[0].visibilityTimeoutSeconds", says: "should be greater than or equal to 0",
			right: []string{with(", visibilityTimeoutSeconds: 1")},
		},
		"RetentionTooShort": {
			reason: "SQS keeps a message for a minute at least.",
			wrong:  with(", retentionSeconds: 59"), field: "spec.queues[0].retentionSeconds", says: "should be greater than or equal to 60",
			right: []string{with(", retentionSeconds: 60")},
		},
		"RetentionTooLong": {
			reason: "And for fourteen days at most.",
			wrong:  with(", retentionSeconds: 1209601"), field: "spec.queues[0].retentionSeconds", says: "should be less than or equal to 1209600",
			right: []string{with(", retentionSeconds: 1209600")},
		},
		"NeverReceived": {
			reason: "A message is received once at least.",
			wrong:  with(", deadLetter: {maxReceiveCount: 0}"), field: "spec.queues[0].deadLetter.maxReceiveCount", says: "should be greater than or equal to 1",
			right: []string{with(", deadLetter: {maxReceiveCount: 1}")},
		},
		"ReceivedTooOften": {
			reason: "SQS counts to a thousand.",
			wrong:  with(", deadLetter: {maxReceiveCount: 1001}"), field: "spec.queues[0].deadLetter.maxReceiveCount", says: "should be less than or equal to 1000",
			right: []string{with(", deadLetter: {maxReceiveCount: 1000}")},
		},
		"DeadLetterFlag": {
			reason: "A dead-letter queue has settings.",
			wrong:  with(", deadLetter: true"), field: "spec.queues[0].deadLetter", says: "must be of type object",
			right: []string{with(", deadLetter: {}")},
		},
		"DeadLetterRetention": {
			reason: "It is a queue like others.",
			wrong:  with(", deadLetter: {retentionSeconds: 1209601}"), field: "spec.queues[0].deadLetter.retentionSeconds", says: "should be less than or equal to 1209600",
			right: []string{with(", deadLetter: {retentionSeconds: 1209600}")},
		},
	}
}
