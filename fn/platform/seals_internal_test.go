package platform

import (
	"strings"
	"testing"

	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"

	"github.com/xplatform-dev/function-xplatform/input/v1beta1"
)

// TestSeals: whatever a chart would make an argument, a variable or an identity of that
// is the contract's is refused by its key; what is near to it is not.
func TestSeals(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		seal   seal
		reason string
		// wrong values, by what is said about them.
		wrong map[string]string
		right []string
	}{
		"Autoscaler": {
			seal:   autoscalerSeal,
			reason: "It scales the groups of its own cluster.",
			wrong: map[string]string{ //nolint:gosec // Names of fields, not credentials.
				"{autoDiscovery: {tags: [k8s.io/cluster-autoscaler/enabled]}}":                   "autoDiscovery.tags would change",
				"{autoDiscovery: {labels: [{a: b}]}}":                                            "autoDiscovery.labels would change",
				"{autoDiscovery: {roles: null}}":                                                 "autoDiscovery.roles would change",
				"{autoscalingGroups: [{name: theirs, minSize: 0, maxSize: 0}]}":                  "autoscalingGroups would change",
				"{cloudConfigPath: /a}":                                                          "cloudConfigPath would change",
				"{customArgs: [--cloud-provider=gce]}":                                           "customArgs would change",
				"{extraArgs: {node-group-auto-discovery: 'asg:tag=a'}}":                          "extraArgs.node-group-auto-discovery would change",
				"{extraArgs: {node-group-auto-discovery_2: 'asg:tag=a'}}":                        "extraArgs.node-group-auto-discovery_2 would change",
				"{extraArgs: {node_group_auto_discovery: 'asg:tag=a'}}":                          "extraArgs.node_group_auto_discovery would change",
				"{extraArgs: {cluster-name: null}}":                                              "extraArgs.cluster-name would change",
				"{extraArgs: {'v=4 --cloud-provider': gce}}":                                     "extraArgs must not have the key",
				"{extraArgs: {--cloud-provider: gce}}":                                           "extraArgs must not have the key",
				"{extraArgs: {'': gce}}":                                                         "extraArgs must not have the key",
				"{extraArgs: [cloud-provider]}":                                                  "extraArgs must be a map",
				"{extraArgs: {v: \"4\\n            - --cloud-provider=gce\"}}":                   "extraArgs.v must be one line",
				"{extraArgs: {v: \"4\\u2028            - --cloud-provider=gce\"}}":               "extraArgs.v must be one line",
				"{podAnnotations: {a: '{{ .Values.b }}'}}":                                       "podAnnotations.a must be one line without {{",
				"{podAnnotations: {'{{ a }}': b}}":                                               "podAnnotations.{{ a }} must be one line without {{",
				"{tolerations: [{key: \"a\\rb\"}]}":                                              "tolerations[0].key must be one line",
				"{extraEnv: {AWS_REGION: us-east-1}}":                                            "extraEnv.AWS_REGION would change",
				"{extraEnv: {'\"AWS_REGION\"': us-east-1}}":                                      "extraEnv must not have the key",
				"{extraEnv: {' AWS_REGION': us-east-1}}":                                         "extraEnv must not have the key",
				"{extraEnv: {KUBERNETES_SERVICE_HOST: 192.0.2.1}}":                               "extraEnv.KUBERNETES_SERVICE_HOST would change",
				"{extraEnvSecrets: {AWS_ACCESS_KEY_ID: {name: a, key: b}}}":                      "extraEnvSecrets.AWS_ACCESS_KEY_ID would change",
				"{extraEnvConfigMaps: {AWS_ROLE_ARN: {name: a, key: b}}}":                        "extraEnvConfigMaps.AWS_ROLE_ARN would change",
				"{envFromSecret: a}":                                                             "envFromSecret would change",
				"{awsAccessKeyID: a}":                                                            "awsAccessKeyID would change",
				"{rbac: {serviceAccount: {annotations: {eks.amazonaws.com/role-arn: a}}}}":       "rbac.serviceAccount.annotations.eks.amazonaws.com/role-arn would change",
				"{rbac: {serviceAccount: {annotations: {'\"eks.amazonaws.com/role-arn\"': a}}}}": "rbac.serviceAccount.annotations must not have the key",
				"{extraObjects: [{kind: Pod}]}":                                                  "extraObjects would change",
			},
			right: []string{
				"{extraArgs: {expander: priority, scan-interval: 20s, v: 5, balancing-ignore-label_1: a, skip-nodes-with-local-storage: null}}",
				"{extraArgs: null, expanderPriorities: \"50:\\n- .*\"}",
				"{extraEnv: {HTTPS_PROXY: 'http://proxy.example.com:3128'}, rbac: {serviceAccount: {annotations: {example.com/team: a}}}}",
				"{podAnnotations: {a: '{\"b\": 1}'}, affinity: {nodeAffinity: {}}}",
				"{image: {repository: registry.example.com:5000/autoscaling/cluster-autoscaler, pullPolicy: Always}}",
				"{image: {repository: null}}",
			},
		},
		"LoadBalancer": {
			seal:   loadBalancerSeal,
			reason: "It acts as its own role, in its own network.",
			wrong: map[string]string{ //nolint:gosec // Names of fields, not credentials.
				"{vpcTags: {a: b}}": "vpcTags would change",
				"{awsApiEndpoints: 'sts=https://sts.example.com'}":                 "awsApiEndpoints would change",
				"{env: {AWS_REGION: a}}":                                           "env.AWS_REGION would change",
				"{env: {AWS_ENDPOINT_URL_STS: a}}":                                 "env.AWS_ENDPOINT_URL_STS would change",
				"{env: [{name: AWS_REGION, value: a}]}":                            "env must be a map",
				"{envFrom: [{secretRef: {name: a}}]}":                              "envFrom would change",
				"{envSecretName: a}":                                               "envSecretName would change",
				"{serviceAccount: {annotations: {eks.amazonaws.com/role-arn: a}}}": "serviceAccount.annotations.eks.amazonaws.com/role-arn would change",
				"{logLevel: \"info\\n        - --cluster-name=theirs\"}":           "logLevel must be one line",
			},
			right: []string{"{env: {NO_PROXY: a}, replicaCount: 3, controllerConfig: {featureGates: {a: true}}}"},
		},
		"ExternalDNS": {
			seal:   externalDNSSeal,
			reason: "It writes as its own owner into its own zone.",
			wrong: map[string]string{
				"{extraArgs: {txt-owner-id: theirs}}":                                    "extraArgs.txt-owner-id would change",
				"{extraArgs: {domain-filter: [example.com]}}":                            "extraArgs.domain-filter would change",
				"{extraArgs: {registry: noop}}":                                          "extraArgs.registry would change",
				"{extraArgs: {regex-domain-filter: '.*'}}":                               "extraArgs.regex-domain-filter would change",
				"{extraArgs: {no-aws-zone-match-parent: null}}":                          "extraArgs.no-aws-zone-match-parent would change",
				"{extraArgs: {'txt-owner-id=theirs #': a}}":                              "extraArgs must not have the key",
				"{extraArgs: {aws-assume-role: 'arn:aws:iam::123456789012:role/admin'}}": "extraArgs.aws-assume-role would change",
				"{extraArgs: {migrate-from-txt-owner: theirs}}":                          "extraArgs.migrate-from-txt-owner would change",
				"{extraArgs: {fqdn-template: '{{ .Values.txtOwnerId }}'}}":               "extraArgs.fqdn-template must be one line without {{",
				"{txtSuffix: a}":                         "txtSuffix would change",
				"{namespaceOverride: theirs}":            "namespaceOverride would change",
				"{secretConfiguration: {enabled: true}}": "secretConfiguration would change",
				"{extraContainers: [{name: a}]}":         "extraContainers would change",
			},
			right: []string{"{extraArgs: {aws-batch-change-size: 100, label-filter: a=b}, excludeDomains: [a.dev.example.com]}"},
		},
		"Metrics": {
			seal:   metricsSeal,
			reason: "It is nobody.",
			wrong: map[string]string{
				"{namespaceOverride: theirs}":                                      "namespaceOverride would change",
				"{serviceAccount: {annotations: {eks.amazonaws.com/role-arn: a}}}": "serviceAccount.annotations.eks.amazonaws.com/role-arn would change",
				"{serviceAccount: {annotations: a}}":                               "serviceAccount.annotations must be a map",
			},
			right: []string{"{args: [--kubelet-insecure-tls], serviceAccount: {annotations: null}}"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for wrong, says := range tc.wrong {
				if err := tc.seal.refuse(valuesOf(t, wrong)); err == nil || !strings.Contains(err.Error(), says) {
					t.Errorf("\n%s\n%s: want it refused by %q, got: %v", tc.reason, wrong, says, err)
				}
			}
			for _, right := range tc.right {
				if err := tc.seal.refuse(valuesOf(t, right)); err != nil {
					t.Errorf("\n%s\n%s should be accepted: %v", tc.reason, right, err)
				}
			}
		})
	}
}

// TestAllowedValues: what the platform team leaves to claims, and what is below it.
func TestAllowedValues(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason  string
		allowed []string
		values  string
		says    string
	}{
		"All":    {reason: "Without a list all are allowed.", values: "{replicaCount: 1, extraArgs: {v: 5}}"},
		"None":   {reason: "An empty one allows none.", allowed: []string{}, values: "{replicaCount: 1}", says: "spec.controllers.clusterAutoscaler.values: replicaCount is not allowed here; none is, so leave it out (charts[cluster-autoscaler].allowedValues of the function's input)"},
		"Listed": {reason: "One on the list is allowed with all below it.", allowed: []string{"resources", "extraArgs.v"}, values: "{resources: {limits: {cpu: 1}}, extraArgs: {v: 5}}"},
		"Below": {reason: "One beside what is listed is not.", allowed: []string{"resources", "extraArgs.v"}, values: "{extraArgs: {v: 5, vmodule: a}}",
			says: "values: extraArgs.vmodule is not allowed here; allowed are resources, extraArgs.v (charts[cluster-autoscaler].allowedValues of the function's input)"},
		"Prefix":  {reason: "A key is a whole one.", allowed: []string{"extraArgs.v"}, values: "{extraArgs: {v2: 5}}", says: "extraArgs.v2 is not allowed here"},
		"Instead": {reason: "Nor is what would replace or remove it with what is beside it.", allowed: []string{"extraArgs.v"}, values: "{extraArgs: null}", says: "extraArgs is not allowed here"},
		"Nothing": {reason: "An empty map sets nothing.", allowed: []string{}, values: "{extraArgs: {}}"},
		"Always":  {reason: "What would lead around the contract is not the platform team's to allow.", allowed: []string{"autoDiscovery"}, values: "{autoDiscovery: {tags: [a]}}", says: "spec.controllers.clusterAutoscaler.values: autoDiscovery.tags would change what is set by the platform; leave it out"},
		"NoMap":   {reason: "Values are a map.", values: "[a]", says: "spec.controllers.clusterAutoscaler.values: must be a map"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw, err := yaml.YAMLToJSON([]byte(tc.values))
			if err != nil {
				t.Fatal(err)
			}
			ctl := &controller{chart: "cluster-autoscaler", field: "clusterAutoscaler", seal: autoscalerSeal}
			ctl.wish.Values = &extv1.JSON{Raw: raw}
			_, err = ctl.wishes(v1beta1.Input{Charts: []v1beta1.Chart{{Name: "cluster-autoscaler", AllowedValues: tc.allowed}}})
			if tc.says == "" && err != nil {
				t.Errorf("\n%s\nshould be accepted: %v", tc.reason, err)
			}
			if tc.says != "" && (err == nil || !strings.Contains(err.Error(), tc.says)) {
				t.Errorf("\n%s\nwant %q, got: %v", tc.reason, tc.says, err)
			}
		})
	}
}

func valuesOf(t *testing.T, s string) map[string]any {
	t.Helper()
	m := map[string]any{}
	if err := yaml.Unmarshal([]byte(s), &m); err != nil {
		t.Fatalf("%s: %v", s, err)
	}
	return m
}
