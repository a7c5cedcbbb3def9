package externaldns

import (
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// A zone of Route 53.
type zone struct {
	id, name string
	private  bool
}

// A route53 plays Route 53: its API, and what it refuses.
// https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html
type route53 struct {
	zones []zone
	// records of each zone, by type and name.
	records map[string]map[string]recordSet
}

type recordSet struct {
	Name        string `xml:"Name"`
	Type        string `xml:"Type"`
	TTL         int    `xml:"TTL,omitempty"`
	AliasTarget *struct {
		HostedZoneID         string `xml:"HostedZoneId"`
		DNSName              string `xml:"DNSName"`
		EvaluateTargetHealth bool   `xml:"EvaluateTargetHealth"`
	} `xml:"AliasTarget,omitempty"`
	Values []value `xml:"ResourceRecords>ResourceRecord,omitempty"`
}

type value struct {
	Value string `xml:"Value"`
}

type change struct {
	Action string    `xml:"Action"`
	Record recordSet `xml:"ResourceRecordSet"`
}

// newRoute53 that every client of the test talks to.
func newRoute53(t *testing.T, zones ...zone) *route53 {
	t.Helper()
	r := &route53{zones: zones, records: map[string]map[string]recordSet{}}
	for _, z := range zones {
		r.records[z.id] = map[string]recordSet{}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2013-04-01/hostedzone", r.listZones)
	mux.HandleFunc("GET /2013-04-01/hostedzone/{id}/rrset", r.listRecords)
	mux.HandleFunc("POST /2013-04-01/hostedzone/{id}/rrset/", r.changeRecords)
	mux.HandleFunc("POST /2013-04-01/hostedzone/{id}/rrset", r.changeRecords)
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	for k, v := range map[string]string{
		"AWS_ENDPOINT_URL_ROUTE_53": s.URL, "AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b",
		// Nothing of this machine.
		"AWS_PROFILE": "", "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
	} {
		t.Setenv(k, v)
	}
	return r
}

// names of a zone's records, each behind its type, sorted.
func (r *route53) names(id string) []string { return slices.Sorted(maps.Keys(r.records[id])) }

// write a record that is somebody else's.
func (r *route53) write(t *testing.T, id, name, rtype string) {
	t.Helper()
	if err := r.apply(id, change{Action: "CREATE", Record: recordSet{Name: name, Type: rtype, TTL: 300, Values: []value{{"elsewhere.example.net"}}}}); err != nil {
		t.Fatal(err)
	}
}

func (r *route53) listZones(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprint(w, `<ListHostedZonesResponse><HostedZones>`)
	for _, z := range r.zones {
		fmt.Fprintf(w, `<HostedZone><Id>/hostedzone/%s</Id><Name>%s.</Name><CallerReference>x</CallerReference><Config><PrivateZone>%t</PrivateZone></Config></HostedZone>`, z.id, z.name, z.private)
	}
	fmt.Fprint(w, `</HostedZones><Marker></Marker><IsTruncated>false</IsTruncated><MaxItems>100</MaxItems></ListHostedZonesResponse>`)
}

func (r *route53) listRecords(w http.ResponseWriter, q *http.Request) {
	fmt.Fprint(w, `<ListResourceRecordSetsResponse><ResourceRecordSets>`)
	for _, name := range r.names(q.PathValue("id")) {
		record := r.records[q.PathValue("id")][name]
		// It spells what is neither letter, digit, hyphen nor underscore by number.
		record.Name = strings.ReplaceAll(record.Name, "*", `\052`) + "."
		if err := xml.NewEncoder(w).EncodeElement(record, xml.StartElement{Name: xml.Name{Local: "ResourceRecordSet"}}); err != nil {
			panic(err)
		}
	}
	fmt.Fprint(w, `</ResourceRecordSets><IsTruncated>false</IsTruncated><MaxItems>300</MaxItems></ListResourceRecordSetsResponse>`)
}

// changeRecords makes all changes of a batch or none.
func (r *route53) changeRecords(w http.ResponseWriter, q *http.Request) {
	batch := struct {
		Changes []change `xml:"ChangeBatch>Changes>Change"`
	}{}
	b, err := io.ReadAll(q.Body)
	if err == nil {
		err = xml.Unmarshal(b, &batch)
	}
	id := q.PathValue("id")
	before := maps.Clone(r.records[id])
	for _, c := range batch.Changes {
		if err == nil {
			err = r.apply(id, c)
		}
	}
	if err != nil {
		r.records[id] = before
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `<ErrorResponse><Error><Type>Sender</Type><Code>InvalidChangeBatch</Code><Message>%s</Message></Error></ErrorResponse>`, err)
		return
	}
	fmt.Fprint(w, `<ChangeResourceRecordSetsResponse><ChangeInfo><Id>/change/C1</Id><Status>INSYNC</Status><SubmittedAt>2026-01-01T00:00:00Z</SubmittedAt></ChangeInfo></ChangeResourceRecordSetsResponse>`)
}

func (r *route53) apply(id string, c change) error {
	name := strings.TrimSuffix(strings.ReplaceAll(c.Record.Name, `\052`, "*"), ".")
	c.Record.Name = name
	key := c.Record.Type + " " + name
	_, exists := r.records[id][key]
	i := slices.IndexFunc(r.zones, func(z zone) bool { return z.id == id })
	switch {
	case i < 0:
		return fmt.Errorf("there is no zone %s", id)
	case name != r.zones[i].name && !strings.HasSuffix(name, "."+r.zones[i].name):
		return fmt.Errorf("RRSet with DNS name %s. is not permitted in zone %s.", name, r.zones[i].name)
	// An asterisk replaces a whole name, and the first one.
	// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html
	case strings.Contains(strings.TrimPrefix(name, "*."), "*"):
		return fmt.Errorf("%s: an asterisk stands alone, and first", name)
	case c.Action == "CREATE" && exists:
		return fmt.Errorf("tried to create %s, but it already exists", key)
	case c.Action == "DELETE" && !exists:
		return fmt.Errorf("tried to delete %s, but it was not found", key)
	}
	if c.Action == "DELETE" {
		delete(r.records[id], key)
		return nil
	}
	for other := range r.records[id] {
		if rtype, n, _ := strings.Cut(other, " "); n == name && other != key && (rtype == "CNAME" || c.Record.Type == "CNAME") {
			return fmt.Errorf("%s conflicts with %s", key, other)
		}
	}
	r.records[id][key] = c.Record
	return nil
}
