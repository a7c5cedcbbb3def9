package aws

import (
	"fmt"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html
func refuseInstance(_ *Account, t *Thing, asked map[string]any) string {
	if refusal := refuseStorage(t, asked); refusal != "" {
		return refusal
	}
	family := familyOf(asked)
	if g, _ := asked["parameterGroupName"].(string); strings.HasPrefix(g, "default.") && family != "" && g != "default."+fmt.Sprint(asked["engine"])+family {
		return "InvalidParameterCombination: The parameter group " + g + " can't be used for this instance"
	}
	if known := families[fmt.Sprint(asked["engine"])]; asked["engineVersion"] != nil && !slices.Contains(known, family) {
		return fmt.Sprintf("InvalidParameterCombination: Cannot find version %v for %v", asked["engineVersion"], asked["engine"])
	}
	if t == nil {
		return ""
	}
	return refuseChange(t, asked)
}

// refuseStorage that RDS has not.
func refuseStorage(t *Thing, asked map[string]any) string {
	storage, iops, throughput := number(asked["allocatedStorage"]), number(asked["iops"]), number(asked["storageThroughput"])
	changes := t == nil || storage != number(t.Has["allocatedStorage"])
	if storage >= stripedGiB && iops > 0 && iops < stripedIOPS {
		return "InvalidParameterCombination: You must specify at least 12000 IOPS for gp3 volumes of 400 GiB and more"
	}
	if storage < stripedGiB && changes && (iops > 0 && iops != plainIOPS || throughput > 0 && throughput != plainMiB) {
		return "InvalidParameterCombination: You can't specify IOPS or storage throughput for engine " + fmt.Sprint(asked["engine"]) + " and a storage size less than 400"
	}
	if m := number(asked["maxAllocatedStorage"]); m > 0 && m != storage && m*10 < storage*11 {
		return "InvalidParameterCombination: Max storage size must be greater than storage size by at least 10%"
	}
	return ""
}

// What a gp3 volume has below the size from which on RDS stripes it over four, and
// from there on.
const (
	stripedGiB  = 400
	stripedIOPS = 12000
	stripedMiB  = 500
	plainIOPS   = 3000
	plainMiB    = 125
)

// refuseChange of an instance that exists.
func refuseChange(t *Thing, asked map[string]any) string {
	before, storage, family := number(t.Has["allocatedStorage"]), number(asked["allocatedStorage"]), familyOf(asked)
	switch {
	case storage < before:
		return fmt.Sprintf("InvalidParameterCombination: Requested storage of %d GiB is less than the current of %d", storage, before)
	case storage > before && storage*10 < before*11:
		return "InvalidParameterCombination: Invalid storage size: it must be increased by at least 10%"
	}
	if is := familyOf(t.Has); family != "" && is != "" && family != is {
		if asked["allowMajorVersionUpgrade"] != true {
			return "InvalidParameterCombination: The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version"
		}
		if less(family, is) {
			return "InvalidParameterCombination: Cannot downgrade from " + is + " to " + family
		}
	}
	return ""
}

// laterInstance: what ModifyDBInstance puts off unless it is told not to.
func laterInstance(has, asked map[string]any) map[string]any {
	if asked["applyImmediately"] == true {
		return nil
	}
	l := map[string]any{}
	for _, k := range []string{"instanceClass", "engineVersion", "multiAz", "allocatedStorage", "iops", "storageThroughput", "parameterGroupName", "optionGroupName"} {
		// Of a version Terraform compares as much as is said.
		same := alike(asked[k], has[k]) || k == "engineVersion" && strings.HasPrefix(fmt.Sprint(has[k]), fmt.Sprint(asked[k])+".")
		if asked[k] != nil && has[k] != nil && !same {
			l[k] = asked[k]
		}
	}
	return l
}

func completeInstance(t *Thing) {
	defaults(map[string]any{ //nolint:gosec // Times of day, not credentials.
		"engineVersion":      exact[fmt.Sprint(t.Has["engine"])],
		"backupWindow":       "02:00-02:30",
		"maintenanceWindow":  "sun:04:00-sun:04:30",
		"port":               float64(5432),
		"networkType":        "IPV4",
		"monitoringInterval": float64(0),
	})(t)
	family := familyOf(t.Has)
	for k, v := range map[string]string{"parameterGroupName": "default." + fmt.Sprint(t.Has["engine"]) + family, "optionGroupName": "default:" + fmt.Sprint(t.Has["engine"]) + "-" + strings.ReplaceAll(family, ".", "-")} {
		if s, _ := t.Has[k].(string); s == "" || strings.HasPrefix(s, "default") {
			t.Has[k] = v
		}
	}
	iops, throughput := int64(plainIOPS), int64(plainMiB)
	if number(t.Has["allocatedStorage"]) >= stripedGiB {
		iops, throughput = max(stripedIOPS, number(t.Has["iops"])), max(stripedMiB, number(t.Has["storageThroughput"]))
	}
	t.Has["iops"], t.Has["storageThroughput"] = float64(iops), float64(throughput)
}

// sayInstance: engineVersion is as it was asked for, be it to come.
func sayInstance(t *Thing, atProvider map[string]any) {
	if v := t.Later["engineVersion"]; v != nil {
		atProvider["engineVersion"] = v
	}
	runs := fmt.Sprint(t.Has["engineVersion"])
	if strings.Count(runs, ".") < strings.Count(exact[fmt.Sprint(t.Has["engine"])], ".") {
		runs += ".9"
	}
	atProvider["engineVersionActual"] = runs
	// One of the same name that is made anew has another.
	atProvider["resourceId"] = fmt.Sprintf("db-%026d", t.Serial)
	for _, k := range []string{"iops", "storageThroughput", "allocatedStorage", "multiAz", "instanceClass"} {
		atProvider[k] = t.Has[k]
	}
}

// families of the engines' versions that RDS has.
// https://docs.aws.amazon.com/AmazonRDS/latest/PostgreSQLReleaseNotes/postgresql-release-calendar.html
//
//nolint:gochecknoglobals // A constant table.
var families = map[string][]string{
	"postgres": {"13", "14", "15", "16", "17", "18"},
	"mysql":    {"8.0", "8.4"},
	"mariadb":  {"10.6", "10.11", "11.4", "11.8"},
}

// exact versions of the engines look like these.
//
//nolint:gochecknoglobals // A constant table.
var exact = map[string]string{"postgres": "17.4", "mysql": "8.0.40", "mariadb": "11.4.4"}

func keepInstance(a *Account, t *Thing, o *unstructured.Unstructured) string {
	if t.Has["deletionProtection"] == true {
		return "InvalidParameterCombination: Cannot delete protected DB Instance, please disable deletion protection and try again."
	}
	if skip, _, _ := unstructured.NestedBool(o.Object, "spec", "forProvider", "skipFinalSnapshot"); skip {
		return ""
	}
	name, _, _ := unstructured.NestedString(o.Object, "spec", "forProvider", "finalSnapshotIdentifier")
	switch {
	case name == "":
		return "final_snapshot_identifier is required when skip_final_snapshot is false"
	case a.snapshots[name]:
		return "DBSnapshotAlreadyExists: Cannot create the snapshot because a snapshot with the identifier " + name + " already exists."
	}
	a.snapshots[name] = true
	return ""
}

// refuseSubnetGroup that leaves a subnet in which an instance is.
func refuseSubnetGroup(_ *Account, t *Thing, asked map[string]any) string {
	ids, _ := asked["subnetIds"].([]any)
	if len(ids) < 2 {
		return "DBSubnetGroupDoesNotCoverEnoughAZs: The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement."
	}
	if t != nil {
		had, _ := t.Has["subnetIds"].([]any)
		for _, id := range had {
			if !slices.Contains(ids, id) {
				return fmt.Sprintf("SubnetInUse: The subnet %v is in use by a DB instance", id)
			}
		}
	}
	return ""
}

func keepSubnetGroup(a *Account, t *Thing, _ *unstructured.Unstructured) string {
	for _, i := range a.Things("Instance") {
		if i.Has["dbSubnetGroupName"] == t.Name {
			return "InvalidDBSubnetGroupStateFault: Cannot delete the subnet group because at least one database instance is still using it"
		}
	}
	return ""
}

func familyOf(attributes map[string]any) string {
	v, _ := attributes["engineVersion"].(string)
	parts := strings.Split(v, ".")
	switch {
	case v == "":
		return ""
	case attributes["engine"] == "postgres":
		return parts[0]
	case len(parts) > 1:
		return parts[0] + "." + parts[1]
	}
	return ""
}

func less(a, b string) bool {
	x, err := semver.NewVersion(a)
	y, otherErr := semver.NewVersion(b)
	return err == nil && otherErr == nil && x.LessThan(y)
}
