package platform

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"

	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/fn/read"
)

// nameOf the platform in AWS, as it was first made up. What AWS knows can't be called
// otherwise, and all the same a composite may become another one: restored from a
// backup it has another UID and no status, it gets a claim or another one, or is made
// anew by hand. So the name is read off what exists, be it that no composite refers to
// it any more, before the claim and the status are asked; and only then it is made up.
//
// The error is that the claim asks for another one than it has.
func nameOf(p *plan.Plan, xr Composite) (string, error) {
	if has := existingName(p); has != "" {
		if xr.Spec.Name != "" && xr.Spec.Name != has {
			return has, fmt.Errorf("spec.name: must be %s, which the platform is called in AWS, or be left out, and is %s; it can't be edited, so make the composite anew with that name or none; to delete it takes the platform down", has, xr.Spec.Name)
		}
		return has, nil
	}
	if xr.Spec.Name == "" && validName.MatchString(xr.Named) && len(xr.Named) <= maxDefaultName {
		return xr.Named, nil
	}
	return cmp.Or(xr.Spec.Name, defaultName(xr)), nil
}

// existingName is the cluster's, and before there is one what all else that takes tags
// is tagged with; "" if nothing exists.
func existingName(p *plan.Plan) string {
	if name := p.Object(keyCluster).Annotation(meta.AnnotationKeyExternalName); name != "" {
		return name
	}
	existing := p.Existing()
	for _, key := range sortedKeys(existing) {
		if name := read.Tagged.Platform.Of(existing[key]); name != "" {
			return name
		}
	}
	return ""
}

// validName is one that the schema admits.
var validName = regexp.MustCompile(`^[a-z]([a-z0-9]|-[a-z0-9])*$`)

// defaultName is unique per XR, even to one of the same name that is created
// after the first is gone: it would otherwise adopt what the first left behind.
func defaultName(xr Composite) string {
	base := notInName.ReplaceAllString(cmp.Or(xr.Claim, xr.Name), "-")
	if base[0] < 'a' {
		base = "p-" + base
	}
	suffix := "-" + digest(xr.Namespace+"/"+xr.Name+"/"+xr.UID)
	if n := maxDefaultName - len(suffix); len(base) > n {
		base = base[:n]
	}
	return strings.Trim(base, "-") + suffix
}

var notInName = regexp.MustCompile(`[^a-z0-9]+`)

// Longest names AWS and Kubernetes take.
const (
	maxIAMName      = 64
	maxObjectName   = 63
	maxInstanceName = 63
	// maxConfigMapName is longer, as those of most kinds can be.
	maxConfigMapName = 253
	// maxDefaultName leaves room for every suffix, see PlatformSpec.Name.
	maxDefaultName = 40
)

// What is called after the platform alone, or that and a word of ours, is no other
// platform's, because no two of an account and region have one name (lifecycle.Claim).
// Where a name of the claim follows, what stands between the two, or behind them,
// says where the second begins: else database b-c of the platform a, and c of the
// platform a-b, would be one. What exists keeps the name it was made with.

// regional is a name that is unique in the account and region if what follows the
// platform's is a word of ours. With a name of a claim it is only to be read.
func (c *contract) regional(parts ...string) string {
	return strings.Join(append([]string{c.name}, parts...), "-")
}

// separated is a name of an entry of the claim, and of what belongs to it. No name has
// an underscore.
func (c *contract) separated(parts ...string) string {
	return c.name + "_" + strings.Join(parts, "_")
}

// database is the name of a database. RDS takes letters, digits and single hyphens,
// all of which names have: so its length, in one digit, says where the claim's name
// begins. A name that is kept from before ends with the claim's, and that may end with
// such a digit: orders-6. Hence the digest, which nobody's does. For less than all of it
// there is room only in names that are longer than all that are kept.
func (c *contract) database(o *plan.Observed, name string) string {
	anew, suffix := c.regional(name, strconv.FormatInt(int64(len(name)), maxBase)), digest(c.name+"/"+name)
	room := max(0, min(len(suffix), maxInstanceName-len(anew)))
	return cmp.Or(read.Instance.AskedIdentifier.Of(o), anew+suffix[:room])
}

// maxBase has a digit for every length a database's name can have.
const maxBase = 36

// firewall is the name of a database's security group. The platform isn't first: AWS
// takes no name that begins with sg-.
func (c *contract) firewall(o *plan.Observed, name string) string {
	return cmp.Or(read.SecurityGroup.AskedName.Of(o), "database-"+c.separated(name))
}

// template is the name of a node group's launch template.
func (c *contract) template(o *plan.Observed, name string) string {
	return cmp.Or(read.LaunchTemplate.AskedName.Of(o), c.separated(name))
}

// global is a name that is unique in the account: platforms of one name may live in
// two regions, and IAM knows no regions. It ends with a word of ours, none of which
// ends with another behind a hyphen, or with a digest if it is too long, as none of
// them does.
func (c *contract) global(word string) string {
	return fitName(maxIAMName, c.regional(c.spec.Region, word))
}

// logGroup is where EKS writes the control plane's logs.
func (c *contract) logGroup() string { return "/aws/eks/" + c.name + "/cluster" }

// ownerID marks the DNS records that are this platform's. Another one's would
// be deleted, and ours left behind, if it ever changed.
func (c *contract) ownerID() string { return c.regional(c.spec.Region) }

// ObjectName is the metadata.name of the composed object with a key. Keys begin with words
// of ours, none of which ends with another behind a hyphen, so a composite's name that has
// no dot ends where the key begins. With a dot it may be another's name and half a key: the
// object queue.dead-letter of dev-queue.foo would be the dead letters of foo-queue, of dev.
// So a digest of it is behind what could be of one kind: keys with a dot. An object that
// exists keeps its name.
func (xr Composite) ObjectName(key string) string {
	name := xr.Name + "-" + key
	if strings.Contains(xr.Name, ".") && strings.Contains(key, ".") {
		name += "-" + digest(xr.Name)
	}
	return fitName(maxObjectName, name)
}

// KeyOf an object of a name is the key by which ObjectName calls it so, or the name where
// that leaves nothing of the key. It is "" of a name that is none of ObjectName's: another
// composite's, or one that Crossplane made up for what another step has composed (v2.4.0,
// internal/names/generate.go: ChildName).
func (xr Composite) KeyOf(name string) string {
	prefix := xr.Name + "-"
	if longest := maxObjectName - lenDigest; len(prefix) > longest {
		prefix = strings.TrimRight(prefix[:longest], "-.")
	}
	key, ours := strings.CutPrefix(name, prefix)
	switch {
	case !ours || madeUp.MatchString(key):
		return ""
	case len(prefix) <= len(xr.Name):
		return name
	default:
		return key
	}
}

// madeUp is how names end that Crossplane makes up.
var madeUp = regexp.MustCompile(`^[0-9a-f]{12}$`)

// fitName shortens a name that is too long, keeping it unique and the same each
// time.
func fitName(limit int, name string) string {
	if len(name) <= limit {
		return name
	}
	return strings.TrimRight(name[:limit-lenDigest], "-.") + "-" + digest(name)
}

// textKey is a key of what a claim calls by a text that keys can't have: its digest stands
// for it, and is so long that nobody finds two texts of one. Of the short one that an
// earlier version took anybody can, and the plan would have one key twice. What exists by
// that, and is of the text, keeps it.
func textKey(before, text string, isOf func(key string) bool) string {
	if short := before + digest(text); isOf(short) {
		return short
	}
	sum := sha256.Sum256([]byte(text))
	return before + hex.EncodeToString(sum[:16])
}

// lenDigest is the length of a digest and the hyphen before it.
const lenDigest = len("-00000000")

// digest is a short fingerprint of a string, for names.
func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:4])
}
