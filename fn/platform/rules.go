package platform

import (
	"fmt"
	"net/netip"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/input/v1beta1"
)

// This file holds what the platform team's policy bounds of a claim: a list of rules.

// A rule of the function's input.
type rule struct {
	// name of the rule in the input.
	name string
	// allowed values, or what stands for several; nil if the input says nothing.
	allowed []string
	// fits tells whether a value is what is allowed.
	fits func(allowed, value string) bool
	// says are the claim's values.
	says []saying
	// instead is what to do where nothing is allowed, if it isn't to leave the field
	// out.
	instead string
}

// askThem is what to do about a field that can't be left out.
const askThem = "ask the platform team"

// A saying is a value of a claim, by its field.
type saying struct{ field, value string }

// said by one field, which may be empty.
func said(field, value string) []saying {
	if value == "" {
		return nil
	}
	return []saying{{field, value}}
}

// saidEach value of a list by one field.
func saidEach(field string, values []string) []saying {
	var all []saying
	for _, v := range values {
		all = append(all, saying{field, v})
	}
	return all
}

// refuse what the claim says against the rule.
func (r rule) refuse() []error {
	if r.allowed == nil {
		return nil
	}
	allowed := "none is, so leave it out"
	switch {
	case len(r.allowed) > 0:
		allowed = "allowed are " + strings.Join(r.allowed, ", ")
	case r.instead != "":
		allowed = "none is, so " + r.instead
	}
	var errs []error
	for _, s := range r.says {
		if !slices.ContainsFunc(r.allowed, func(a string) bool { return r.fits(a, s.value) }) {
			errs = append(errs, fmt.Errorf("%s: %s is not allowed here; %s (%s of the function's input)", s.field, s.value, allowed, r.name))
		}
	}
	return errs
}

// rulesFor a claim, of the lists of the policy.
func rulesFor(spec v1alpha1.PlatformSpec, policy v1beta1.Input) []rule {
	all := []rule{
		{name: "allowedRegions", allowed: policy.AllowedRegions, fits: isSame, says: said("spec.region", spec.Region), instead: askThem},
		{name: "allowedVpcIds", allowed: policy.AllowedVPCIDs, fits: isSame, says: said("spec.network.vpcId", spec.Network.VPCID)},
		{name: "allowedSubnetIds", allowed: policy.AllowedSubnetIDs, fits: isSame, says: slices.Concat(
			saidEach("spec.network.privateSubnetIds", spec.Network.PrivateSubnetIDs),
			saidEach("spec.network.publicSubnetIds", spec.Network.PublicSubnetIDs))},
		{name: "allowedAdminArns", allowed: policy.AllowedAdminArns, fits: isLike, says: saidEach("spec.cluster.admins", spec.Cluster.Admins)},
		{name: "allowedKmsKeyArns", allowed: policy.AllowedKMSKeyArns, fits: isLike, says: said("spec.cluster.secretsEncryption.kmsKeyArn", spec.Cluster.SecretsEncryption.KMSKeyArn)},
		{name: "allowedInstanceFamilies", allowed: policy.AllowedInstanceFamilies, fits: isOfFamily, says: saidOfGroups(spec, ".instanceTypes", func(g v1alpha1.NodeGroup) []string { return g.InstanceTypes }), instead: askThem},
		{name: "allowedDatabaseClasses", allowed: policy.AllowedDatabaseClasses, fits: isLike, says: saidOfDatabases(spec), instead: askThem},
		kubernetesRule(spec, policy),
		rolesRule(spec, policy),
	}
	if b := policy.PermissionsBoundary; b != "" {
		all = append(all, rule{name: "permissionsBoundary", allowed: []string{b}, fits: isSame, says: said("spec.iam.permissionsBoundary", spec.IAM.PermissionsBoundary)})
	}
	if spec.Network.VPCID == "" {
		all = append(all, rule{name: "allowedNetworkCidrs", allowed: policy.AllowedNetworkCIDRs, fits: isWithin, says: said("spec.network.cidr", spec.Network.CIDR), instead: askThem})
	}
	if e := spec.Cluster.EndpointAccess; e.Public {
		all = append(all, rule{name: "allowedPublicCidrs", allowed: policy.AllowedPublicCIDRs, fits: isWithin, says: saidEach("spec.cluster.endpointAccess.publicCidrs", e.PublicCIDRs), instead: "set public to false"})
	}
	if d := spec.DNS; d != nil {
		all = append(all,
			rule{name: "allowedHostedZoneIds", allowed: policy.AllowedHostedZoneIDs, fits: isSame, says: said("spec.dns.zoneId", d.ZoneID)},
			rule{name: "allowedDomains", allowed: policy.AllowedDomains, fits: isInDomain, says: said("spec.dns.domain", d.Domain), instead: "leave dns out"})
	}
	return all
}

// kubernetesRule is of the versions of the cluster and of the node groups that lag
// behind it.
func kubernetesRule(spec v1alpha1.PlatformSpec, policy v1beta1.Input) rule {
	r := rule{name: "allowedKubernetesVersions", fits: isSame, instead: askThem, says: slices.Concat(
		said("spec.cluster.version", string(spec.Cluster.Version)),
		saidOfGroups(spec, ".version", func(g v1alpha1.NodeGroup) []string { return slices.DeleteFunc([]string{string(g.Version)}, isEmpty) }))}
	if policy.AllowedKubernetesVersions != nil {
		r.allowed = []string{}
	}
	for _, v := range policy.AllowedKubernetesVersions {
		r.allowed = append(r.allowed, string(v))
	}
	return r
}

// rolesRule is of the roles that are given. The platform team's boundary is on those
// that are made: one that is given could do anything.
func rolesRule(spec v1alpha1.PlatformSpec, policy v1beta1.Input) rule {
	r := rule{name: "allowedRoleArns", allowed: policy.AllowedRoleArns, fits: isLike, says: slices.Concat(
		said("spec.iam.clusterRoleArn", spec.IAM.ClusterRoleArn),
		said("spec.iam.nodeRoleArn", spec.IAM.NodeRoleArn))}
	if r.allowed == nil && policy.PermissionsBoundary != "" {
		r.name, r.allowed = "permissionsBoundary, without allowedRoleArns,", []string{}
	}
	return r
}

func saidOfGroups(spec v1alpha1.PlatformSpec, field string, values func(v1alpha1.NodeGroup) []string) []saying {
	var all []saying
	for i, g := range spec.NodeGroups {
		all = append(all, saidEach(fmt.Sprintf("spec.nodeGroups[%d]%s", i, field), values(g))...)
	}
	return all
}

func saidOfDatabases(spec v1alpha1.PlatformSpec) []saying {
	var all []saying
	for i, d := range spec.Databases {
		all = append(all, saying{fmt.Sprintf("spec.databases[%d].instanceClass", i), d.InstanceClass})
	}
	return all
}

func isSame(allowed, value string) bool { return value == allowed }

func isEmpty(s string) bool { return s == "" }

// isLike a pattern of path.Match, in which * stands for any characters but a slash. A
// pattern that is none allows nothing.
func isLike(allowed, value string) bool {
	like, err := path.Match(allowed, value)
	return like && err == nil
}

func isOfFamily(allowed, instanceType string) bool {
	family, _, _ := strings.Cut(instanceType, ".")
	return family == allowed
}

func isInDomain(allowed, domain string) bool {
	return domain == allowed || strings.HasSuffix(domain, "."+allowed)
}

// isBelow tells whether a repository is one that is allowed, or below it.
func isBelow(allowed, repository string) bool {
	u, err := url.Parse(repository)
	if err != nil || strings.Contains(u.Path, "..") {
		return false
	}
	allowed = strings.TrimSuffix(allowed, "/")
	return repository == allowed || strings.HasPrefix(repository, allowed+"/")
}

// isBelowKey tells whether a value is one that is allowed, or below it.
func isBelowKey(allowed, key string) bool {
	return key == allowed || strings.HasPrefix(key, allowed+".")
}

// isWithin tells whether a range of addresses lies in one that is allowed.
func isWithin(allowed, cidr string) bool {
	wide, err := netip.ParsePrefix(allowed)
	if err != nil {
		return false
	}
	narrow, err := netip.ParsePrefix(cidr)
	return err == nil && wide.Bits() <= narrow.Bits() && wide.Contains(narrow.Addr())
}

// A bound is a rule of how many or how much.
type bound struct {
	// name of the rule in the input, and the most it allows; nil if it says nothing.
	name string
	most *int32
	// field of the claim, how much it asks for, and what of.
	field  string
	amount int32
	of     string
}

// boundsFor a claim, of the numbers of the policy.
func boundsFor(spec v1alpha1.PlatformSpec, policy v1beta1.Input) []bound {
	nodes := int32(0)
	for _, g := range spec.NodeGroups {
		nodes += g.MaxSize
	}
	all := []bound{
		{"maxNodeGroups", policy.MaxNodeGroups, "spec.nodeGroups", count(spec.NodeGroups), "node groups"},
		{"maxNodes", policy.MaxNodes, "spec.nodeGroups", nodes, "nodes, by the sum of maxSize,"},
		{"maxDatabases", policy.MaxDatabases, "spec.databases", count(spec.Databases), "databases"},
		{"maxQueues", policy.MaxQueues, "spec.queues", count(spec.Queues), "queues"},
	}
	for i, g := range spec.NodeGroups {
		all = append(all, bound{"maxNodeDiskSizeGiB", policy.MaxNodeDiskSizeGiB, fmt.Sprintf("spec.nodeGroups[%d].diskSizeGiB", i), g.DiskSizeGiB, "GiB"})
	}
	for i, d := range spec.Databases {
		all = append(all, bound{"maxDatabaseStorageGiB", policy.MaxDatabaseStorageGiB, fmt.Sprintf("spec.databases[%d].storageGiB", i), d.StorageGiB, "GiB"})
		if d.MaxStorageGiB != nil {
			all = append(all, bound{"maxDatabaseStorageGiB", policy.MaxDatabaseStorageGiB, fmt.Sprintf("spec.databases[%d].maxStorageGiB", i), *d.MaxStorageGiB, "GiB"})
		}
	}
	return all
}

// count of a claim's list, which the schema bounds.
func count[T any](list []T) int32 { return int32(len(list)) } //nolint:gosec // A hundred at most.

// refuse what the claim asks for beyond the bound.
func (b bound) refuse() []error {
	if b.most == nil || b.amount <= *b.most {
		return nil
	}
	return []error{fmt.Errorf("%s: %d %s are not allowed here; at most %d are (%s of the function's input)", b.field, b.amount, b.of, *b.most, b.name)}
}
