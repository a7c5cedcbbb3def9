// Package externaldns asks ExternalDNS itself what it makes of the values that
// the function gives its chart. It is a module of its own, because ExternalDNS
// brings more with it than the function is to be built with.
package externaldns

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/external-dns/endpoint"
	"sigs.k8s.io/external-dns/pkg/apis/externaldns"
	"sigs.k8s.io/external-dns/plan"
	"sigs.k8s.io/external-dns/provider/aws"
	"sigs.k8s.io/external-dns/registry"
	"sigs.k8s.io/external-dns/registry/txt"
	"sigs.k8s.io/yaml"
)

// loadBalancer is what hosts point to: a name that Route 53 makes an alias of,
// and ExternalDNS two records, A and AAAA.
const loadBalancer = "k8s-shop-1234567890.eu-central-1.elb.amazonaws.com"

// platforms of which there are golden files: the zone of the one is made with it,
// that of the other is given.
//
//nolint:gochecknoglobals // A constant list.
var platforms = []string{"platform-production", "platform-existing"}

// TestOwnership: whatever ExternalDNS writes it owns, wherever the domain lies in
// the zone, and it takes all of it away again.
func TestOwnership(t *testing.T) {
	for _, platform := range platforms {
		values := valuesOf(t, platform)
		domain := values["domainFilters"].([]any)[0].(string)
		id := values["extraArgs"].(map[string]any)["zone-id-filter"].([]any)[0].(string)
		_, parent, _ := strings.Cut(domain, ".")
		for name, tc := range map[string]struct {
			reason string
			zone   zone
		}{
			"Public":    {"The domain is the zone's.", zone{id: id, name: domain}},
			"Private":   {"A zone that is given by its id may be private.", zone{id: id, name: domain, private: true}},
			"SubDomain": {"Clusters share a zone, each below its own name.", zone{id: id, name: parent}},
			"SubDomainOfPrivate": {
				"So may clusters of one network.",
				zone{id: id, name: parent, private: true},
			},
		} {
			t.Run(platform+"/"+name, func(t *testing.T) {
				// Nobody else's zones and records are ours, whatever they are called.
				other := zone{id: "Z00000000000000OTHER", name: domain, private: !tc.zone.private}
				aws := newRoute53(t, tc.zone, other)
				aws.write(t, tc.zone.id, "theirs."+domain, "CNAME")
				theirs := aws.names(tc.zone.id)
				dns := start(t, values)

				hosts := []string{domain, "*." + domain, "app." + domain, "*.app." + domain, "a.b.c." + domain}
				dns.sync(t, hosts...)
				if got := aws.names(other.id); len(got) > 0 {
					t.Errorf("%s\nwant nothing in another zone, got %v", tc.reason, got)
				}
				for _, host := range hosts {
					for _, rtype := range []string{"A", "AAAA"} {
						if !slices.Contains(aws.names(tc.zone.id), rtype+" "+host) {
							t.Errorf("%s\nwant a record %s of %s, got %v", tc.reason, rtype, host, aws.names(tc.zone.id))
						}
					}
				}
				for host, owner := range dns.owners(t) {
					want := values["txtOwnerId"]
					if host == "theirs."+domain {
						want = ""
					}
					if owner != want {
						t.Errorf("%s\n%s: want the owner %q, got %q", tc.reason, host, want, owner)
					}
				}

				dns.sync(t)
				if got := aws.names(tc.zone.id); !slices.Equal(got, theirs) {
					t.Errorf("%s\nwant only what was there before, %v, got %v", tc.reason, theirs, got)
				}
			})
		}
	}
}

// TestOwnershipRecords: the records that say whose the others are lie in the
// zone even if the domain is the zone's, are names that Route 53 takes, and none
// that a host could have.
func TestOwnershipRecords(t *testing.T) {
	for _, platform := range platforms {
		values := valuesOf(t, platform)
		domain := values["domainFilters"].([]any)[0].(string)
		id := values["extraArgs"].(map[string]any)["zone-id-filter"].([]any)[0].(string)
		aws := newRoute53(t, zone{id: id, name: domain})
		hosts := []string{domain, "*." + domain, "wildcard." + domain, "any." + domain}
		start(t, values).sync(t, hosts...)
		var texts []string
		for _, record := range aws.names(id) {
			rtype, name, _ := strings.Cut(record, " ")
			if rtype != "TXT" {
				continue
			}
			texts = append(texts, name)
			if name == domain || !strings.HasSuffix(name, "."+domain) {
				t.Errorf("%s: %s is not below the domain", platform, name)
			}
			if slices.Contains(hosts, name) {
				t.Errorf("%s: %s is a host's name", platform, name)
			}
			for label := range strings.SplitSeq(strings.TrimSuffix(name, "."+domain), ".") {
				if !regexp.MustCompile(`^[a-z0-9_-]{1,63}$`).MatchString(label) {
					t.Errorf("%s: %s is no name Route 53 takes", platform, name)
				}
			}
		}
		if want := 2 * len(hosts); len(texts) != want {
			t.Errorf("%s: want %d ownership records, one of each record, got %v", platform, want, texts)
		}
	}
}

// TestLastRecords: what the function tells ExternalDNS while its zone is leaving
// (lastRecords in fn/platform/values.go) it takes, and selects no Service by it.
func TestLastRecords(t *testing.T) {
	values := valuesOf(t, "platform-production")
	values["sources"], values["labelFilter"] = []any{"service"}, "xplatform.dev/records=none"
	config := start(t, values).config
	selector, err := labels.Parse(config.LabelFilter)
	if err != nil || selector.Empty() || !slices.Equal(config.Sources, []string{"service"}) {
		t.Fatalf("want it to select Services alone, got %q of %v, error: %v", config.LabelFilter, config.Sources, err)
	}
	for _, service := range []labels.Set{nil, {"app": "web"}} {
		if selector.Matches(service) {
			t.Errorf("want a Service labelled %v left out", service)
		}
	}
}

// valuesOf ExternalDNS's release in the golden files of a platform.
func valuesOf(t *testing.T, platform string) map[string]any {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "fn", "testdata", platform, "stage-*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		stage := struct {
			Composed map[string]struct {
				Spec struct {
					ForProvider struct {
						Chart  struct{ Version string }
						Values map[string]any
					}
				}
			}
		}{}
		if err := yaml.Unmarshal(b, &stage); err != nil {
			t.Fatal(err)
		}
		release, ok := stage.Composed["external-dns"]
		if !ok {
			continue
		}
		if v := release.Spec.ForProvider.Chart.Version; v != chartVersion {
			t.Fatalf("%s: want version %s of the chart, got %q", file, chartVersion, v)
		}
		return release.Spec.ForProvider.Values
	}
	t.Fatalf("%s has no ExternalDNS", platform)
	return nil
}

// ExternalDNS with its configuration.
type externalDNS struct {
	config   *externaldns.Config
	registry registry.Registry
	filter   *endpoint.DomainFilter
}

// start ExternalDNS with a chart's values, against the Route 53 that plays.
func start(t *testing.T, values map[string]any) *externalDNS {
	t.Helper()
	config := externaldns.NewConfig()
	// It waits for Route 53's quota between two zones' changes, and this one has none.
	if err := config.ParseFlags(append(render(t, loadChart(t), values).args, "--aws-batch-change-interval=0s")); err != nil {
		t.Fatal(err)
	}
	filter := endpoint.NewDomainFilterWithOptions(endpoint.WithDomainFilter(config.DomainFilter))
	provider, err := aws.New(context.Background(), config, filter)
	if err != nil {
		t.Fatal(err)
	}
	r, err := txt.New(config, provider)
	if err != nil {
		t.Fatal(err)
	}
	return &externalDNS{config: config, registry: r, filter: filter}
}

// sync as controller.RunOnce does, which brings every provider with it.
func (dns *externalDNS) sync(t *testing.T, hosts ...string) {
	t.Helper()
	ctx := context.Background()
	current, err := dns.registry.Records(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var wanted []*endpoint.Endpoint
	for _, host := range hosts {
		e := endpoint.NewEndpoint(host, endpoint.RecordTypeCNAME, loadBalancer)
		e.Labels[endpoint.ResourceLabelKey] = "ingress/shop/web"
		wanted = append(wanted, e)
	}
	wanted, err = dns.registry.AdjustEndpoints(wanted)
	if err != nil {
		t.Fatal(err)
	}
	p := (&plan.Plan{
		Policies:       []plan.Policy{plan.Policies[dns.config.Policy]},
		Current:        current,
		Desired:        wanted,
		DomainFilter:   endpoint.MatchAllDomainFilters{dns.filter, dns.registry.GetDomainFilter()},
		ManagedRecords: dns.config.ManagedDNSRecordTypes,
		OwnerID:        dns.registry.OwnerID(),
	}).Calculate()
	if err := dns.registry.ApplyChanges(ctx, p.Changes); err != nil {
		t.Fatal(err)
	}
}

// owners of all hosts there are, as ExternalDNS reads them.
func (dns *externalDNS) owners(t *testing.T) map[string]string {
	t.Helper()
	records, err := dns.registry.Records(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	owners := map[string]string{}
	for _, r := range records {
		if owner, known := owners[r.DNSName]; known && owner != r.Labels[endpoint.OwnerLabelKey] {
			t.Errorf("%s has several owners", r.DNSName)
		}
		owners[r.DNSName] = r.Labels[endpoint.OwnerLabelKey]
	}
	if len(owners) < 2 {
		t.Errorf("want more than one host, got %v", slices.Sorted(maps.Keys(owners)))
	}
	return owners
}
