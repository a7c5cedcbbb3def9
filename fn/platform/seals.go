package platform

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
)

// This file keeps values of a claim from leading around the contract by another
// spelling. A controller does what its arguments and its environment say, whichever of
// a chart's values they were made of, so what counts is what the templates make of
// values. They are those of
// https://github.com/kubernetes/autoscaler/tree/cluster-autoscaler-chart-9.59.0/cluster-autoscaler/charts/cluster-autoscaler,
// https://github.com/aws/eks-charts/tree/master/stable/aws-load-balancer-controller (3.5.0),
// https://github.com/kubernetes-sigs/external-dns/tree/external-dns-helm-chart-1.21.1/charts/external-dns and
// https://github.com/kubernetes-sigs/metrics-server/tree/metrics-server-helm-chart-3.13.1/charts/metrics-server.

// A seal is on what of a chart's values would change what the contract says.
type seal struct {
	// closed values, which no claim can set, as a map that has them at their places.
	closed map[string]any
	// printed are the maps whose keys the chart prints.
	printed []printed
	// texts may have several lines: the chart keeps them in blocks.
	texts []string
	// image whose tag is the contract's, which the chart prints behind it.
	image bool
}

// printed is a map of a chart's values whose keys become the names of something.
type printed struct {
	path []string
	// names that a key can become, and what is wrong with a key that can become
	// something else than a name.
	names    func(key string) []string
	problems func(key string) []string
	// closed names, or beginnings of names if they end with an asterisk.
	closed []string
}

// printedEnv is the environment, which says to the AWS SDK where and who it is, and to
// Kubernetes' library in which cluster.
func printedEnv(path ...string) printed {
	return printed{path: path, names: asItIs, problems: validation.IsEnvVarName, closed: []string{"AWS_*", "KUBERNETES_*"}}
}

// printedAccount is a service account, whose annotations say to EKS which role it is.
func printedAccount(path ...string) printed {
	return printed{path: append(path, "annotations"), names: asItIs, problems: validation.IsQualifiedName, closed: []string{annotationRole}}
}

func asItIs(key string) []string { return []string{key} }

// printedFlags of a controller, but for those of the contract.
func printedFlags(closed ...string) printed {
	return printed{path: []string{"extraArgs"}, names: flagsOf, problems: flagProblems, closed: closed}
}

// flagsOf a key. The autoscaler's chart leaves out what is behind an underscore, so
// that flags can be given twice; to the autoscaler itself underscores are hyphens; and
// to ExternalDNS a flag with no- before it is its contrary.
func flagsOf(key string) []string {
	first, _, _ := strings.Cut(key, "_")
	return []string{strings.TrimPrefix(first, "no-"), strings.TrimPrefix(strings.ReplaceAll(key, "_", "-"), "no-")}
}

var flagName = regexp.MustCompile(`^[a-z0-9]+([_-][A-Za-z0-9]+)*$`)

func flagProblems(key string) []string {
	if flagName.MatchString(key) {
		return nil
	}
	return []string{"a flag is letters and digits with hyphens between them, such as scan-interval"}
}

//nolint:gochecknoglobals // Constants, but for Go's lack of constant structs.
var (
	autoscalerSeal = seal{
		closed: closedKeys("autoscalingGroups", "autoscalingGroupsnamePrefix", "cloudConfigPath", "customArgs", "awsAccessKeyID", "awsSecretAccessKey",
			"envFromConfigMap", "envFromSecret", "initContainers", "extraObjects").and("autoDiscovery", closedKeys("tags", "labels", "namespace", "roles")).and("rbac", closedKeys("create")),
		printed: []printed{
			printedFlags("cloud-provider", "cloud-config", "cluster-name", "node-group-auto-discovery", "nodes", "namespace", "kubeconfig", "kubernetes"),
			printedEnv("extraEnv"), printedEnv("extraEnvConfigMaps"), printedEnv("extraEnvSecrets"), printedAccount("rbac", "serviceAccount"),
		},
		texts: []string{"expanderPriorities"},
		image: true,
	}
	loadBalancerSeal = seal{
		closed:  closedKeys("awsApiEndpoints", "vpcTags", "envFrom", "envSecretName"),
		printed: []printed{printedEnv("env"), printedAccount("serviceAccount")},
	}
	externalDNSSeal = seal{
		closed: closedKeys("txtSuffix", "namespaceOverride", "secretConfiguration", "initContainers", "extraContainers"),
		printed: []printed{
			printedFlags("provider", "registry", "domain-filter", "regex-domain-filter", "regex-domain-exclusion", "zone-id-filter", "aws-zone-match-parent",
				"txt-owner-id", "txt-prefix", "txt-suffix", "txt-wildcard-replacement", "txt-encrypt-enabled", "txt-encrypt-aes-key", "migrate-from-txt-owner",
				"aws-assume-role", "aws-assume-role-external-id", "aws-profile", "server", "kubeconfig"),
			printedAccount("serviceAccount"),
		},
	}
	metricsSeal = seal{
		closed:  closedKeys("namespaceOverride"),
		printed: []printed{printedAccount("serviceAccount")},
	}
)

// keys of values.
type keys map[string]any

func closedKeys(names ...string) keys {
	all := keys{}
	for _, n := range names {
		all[n] = nil
	}
	return all
}

// and others below a key.
func (k keys) and(key string, below keys) keys {
	all := maps.Clone(k)
	all[key] = map[string]any(below)
	return all
}

// refuse what a claim wishes to change by another spelling.
func (s seal) refuse(wishes map[string]any) error {
	if path := overlapPath(s.closed, wishes); path != "" {
		return aroundError(path)
	}
	for _, p := range s.printed {
		if err := p.refuse(wishes); err != nil {
			return err
		}
	}
	if image, _ := wishes["image"].(map[string]any); s.image && image != nil {
		if repository, ok := image["repository"].(string); ok && !imageName.MatchString(repository) {
			return errors.New("image.repository must be the name of an image without a tag, such as registry.example.com/cluster-autoscaler")
		}
	}
	return refuseMarkup("", wishes, s.texts)
}

// imageName without a tag: a quote or a space would end it before the chart's tag.
var imageName = regexp.MustCompile(`^[a-z0-9.-]+(:\d+)?(/[a-z0-9._-]+)*$`)

func aroundError(path string) error {
	return fmt.Errorf("%s would change what is set by the platform; leave it out", path)
}

// refuse names that are closed, and keys of which something else than a name becomes.
func (p printed) refuse(wishes map[string]any) error {
	path := strings.Join(p.path, ".")
	var at any = wishes
	for _, k := range p.path {
		m, _ := at.(map[string]any)
		at = m[k]
	}
	if at == nil {
		return nil
	}
	m, ok := at.(map[string]any)
	if !ok {
		return fmt.Errorf("%s must be a map", path)
	}
	for _, key := range sortedKeys(m) {
		if problems := p.problems(key); len(problems) > 0 {
			return fmt.Errorf("%s must not have the key %q: %s", path, key, strings.Join(problems, ", "))
		}
		if slices.ContainsFunc(p.names(key), p.isClosed) {
			return aroundError(path + "." + key)
		}
	}
	return nil
}

func (p printed) isClosed(name string) bool {
	return slices.ContainsFunc(p.closed, func(c string) bool {
		beginning, many := strings.CutSuffix(c, "*")
		return name == c || many && strings.HasPrefix(name, beginning)
	})
}

// lineBreaks are all that YAML 1.1 takes for one. A chart that prints a value into
// YAML as it is would take what is behind for the next line: another argument, say.
const lineBreaks = "\n\r\u0085\u2028\u2029"

// refuseMarkup refuses text that a chart could take for YAML, or for a template of its
// own, at a path or below it.
func refuseMarkup(path string, value any, texts []string) error {
	if slices.Contains(texts, path) {
		return nil
	}
	switch v := value.(type) {
	case string:
		if strings.ContainsAny(v, lineBreaks) || strings.Contains(v, "{{") {
			return fmt.Errorf("%s must be one line without {{: the chart could take what follows for more than a value", path)
		}
	case []any:
		for i, item := range v {
			if err := refuseMarkup(fmt.Sprintf("%s[%d]", path, i), item, texts); err != nil {
				return err
			}
		}
	case map[string]any:
		for _, k := range sortedKeys(v) {
			below := strings.TrimPrefix(path+"."+k, ".")
			if err := refuseMarkup(below, k, nil); err != nil {
				return err
			}
			if err := refuseMarkup(below, v[k], texts); err != nil {
				return err
			}
		}
	}
	return nil
}
