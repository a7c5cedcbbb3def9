package aws

import (
	"fmt"
	"strings"

	"github.com/Masterminds/semver/v3"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// rules of what AWS does with things of a kind, beside what the table in status.yaml
// says of it.
type rules struct {
	// async: the provider doesn't wait for AWS (UseAsync in its config).
	async bool
	// refuse what is asked of a thing, or to make one if it is nil. What it returns
	// is AWS's answer, "" if it does as asked.
	refuse func(a *Account, t *Thing, asked map[string]any) string
	// later is what of a change waits for the maintenance window.
	later func(has, asked map[string]any) map[string]any
	// computed fills in what AWS decides.
	computed func(t *Thing)
	// decides what else comes of a change, or of making a thing, which has nothing.
	decides func(a *Account, has, next map[string]any)
	// says what the provider reports otherwise than it is asked for.
	says func(t *Thing, atProvider map[string]any)
	// keep refuses to delete a thing.
	keep func(a *Account, t *Thing, o *unstructured.Unstructured) string
}

// rulesOf kinds, by name. Sources: AWS's API references, and the resources of these
// names in hashicorp/terraform-provider-aws, internal/service.
//
//nolint:gochecknoglobals // A constant table.
var rulesOf map[string]rules

//nolint:gochecknoinits // Rules refer to the account, which refers to them.
func init() {
	rulesOf = map[string]rules{
		"Cluster":            {async: true, refuse: refuseCluster, computed: completeCluster, keep: keepCluster},
		"NodeGroup":          {async: true, refuse: refuseNodeGroup, decides: image},
		"Addon":              {async: true, refuse: refuseAddon, computed: defaults(map[string]any{"addonVersion": "v1.0.0-eksbuild.1"})},
		"ClusterAuth":        {},
		"Instance":           {async: true, refuse: refuseInstance, later: laterInstance, computed: completeInstance, says: sayInstance, keep: keepInstance},
		"SubnetGroup":        {async: true, refuse: refuseSubnetGroup, keep: keepSubnetGroup},
		"Queue":              {refuse: refuseQueue, computed: defaults(map[string]any{"visibilityTimeoutSeconds": float64(30), "maxMessageSize": float64(262144), "delaySeconds": float64(0), "receiveWaitTimeSeconds": float64(0)})},
		"QueueRedrivePolicy": {refuse: refuseRedrive},
		"Zone":               {async: true, refuse: refuseZone},
		"Role":               {computed: defaults(map[string]any{"path": "/", "maxSessionDuration": float64(3600)})},
		"EIP":                {computed: defaults(map[string]any{"networkBorderGroup": "eu-central-1", "publicIpv4Pool": "amazon"})},
		"NATGateway":         {async: true, computed: defaults(map[string]any{"connectivityType": "public", "privateIp": "10.0.192.4"})},
		"LaunchTemplate":     {says: sayTemplate},
		"VPC":                {computed: defaults(map[string]any{"instanceTenancy": "default"}), keep: keepVPC},
		"Group":              {computed: defaults(map[string]any{"logGroupClass": "STANDARD"})},
	}
}

// defaults that AWS gives to what was left out.
func defaults(values map[string]any) func(t *Thing) {
	return func(t *Thing) {
		for k, v := range values {
			if _, said := t.Has[k]; !said {
				t.Has[k] = v
			}
		}
	}
}

// https://docs.aws.amazon.com/eks/latest/APIReference/API_UpdateClusterVersion.html
// https://docs.aws.amazon.com/eks/latest/APIReference/API_UpdateClusterConfig.html
func refuseCluster(a *Account, t *Thing, asked map[string]any) string {
	if at(asked, "vpcConfig.endpointPublicAccess") == false && at(asked, "vpcConfig.endpointPrivateAccess") != true {
		return "InvalidParameterException: Private and public endpoint access cannot be false"
	}
	if t == nil {
		return ""
	}
	is, want := minor(t.Has["version"]), minor(asked["version"])
	if want > is+1 || want < is-1 {
		return fmt.Sprintf("InvalidParameterException: Unsupported Kubernetes minor version update from %v to %v", t.Has["version"], asked["version"])
	}
	for _, g := range a.Things("NodeGroup") {
		if nodes := minor(g.Has["version"]); g.Has["clusterName"] == t.Name && nodes != 0 && want != is && (nodes > want || nodes < want-skew) {
			return fmt.Sprintf("InvalidRequestException: Node group %s runs Kubernetes %v, which is not compatible with %v", g.Name, g.Has["version"], asked["version"])
		}
	}
	if s := at(asked, "vpcConfig.subnetIds"); !alike(s, at(t.Has, "vpcConfig.subnetIds")) {
		return "InvalidParameterException: Provided subnets belong to a different set of availability zones"
	}
	return ""
}

// completeCluster: enabledClusterLogTypes are computed by nobody; the addresses that
// may reach a public endpoint are.
func completeCluster(t *Thing) {
	if at(t.Has, "vpcConfig.endpointPublicAccess") == true && at(t.Has, "vpcConfig.publicAccessCidrs") == nil {
		_ = unstructured.SetNestedStringSlice(t.Has, []string{"0.0.0.0/0"}, "vpcConfig", "publicAccessCidrs")
	}
	if t.Has["kubernetesNetworkConfig"] == nil {
		t.Has["kubernetesNetworkConfig"] = map[string]any{"ipFamily": "ipv4", "serviceIpv4Cidr": "172.20.0.0/16"}
	}
}

func keepCluster(a *Account, t *Thing, _ *unstructured.Unstructured) string {
	if t.Has["deletionProtection"] == true {
		return "InvalidRequestException: Cluster has deletion protection enabled"
	}
	for _, g := range a.Things("NodeGroup") {
		if g.Has["clusterName"] == t.Name {
			return "ResourceInUseException: Cluster has nodegroups attached"
		}
	}
	return ""
}

// skew is how many minor versions nodes may be behind their control plane.
// https://kubernetes.io/releases/version-skew-policy/#kubelet
const skew = 3

// minorOfCluster of a name, 0 if there is none.
func (a *Account) minorOfCluster(name any) int64 {
	for _, c := range a.Things("Cluster") {
		if c.Name == name {
			return minor(c.Has["version"])
		}
	}
	return 0
}

// https://docs.aws.amazon.com/eks/latest/APIReference/API_UpdateAddon.html
func refuseAddon(a *Account, _ *Thing, asked map[string]any) string {
	cluster := a.minorOfCluster(asked["clusterName"])
	if v := minor(asked["addonVersion"]); asked["addonName"] == "kube-proxy" && cluster != 0 && v > cluster {
		return fmt.Sprintf("InvalidParameterException: Addon version specified is not supported: kube-proxy %v on Kubernetes 1.%d", asked["addonVersion"], cluster)
	}
	return ""
}

// https://docs.aws.amazon.com/eks/latest/APIReference/API_NodegroupScalingConfig.html
// https://docs.aws.amazon.com/eks/latest/APIReference/API_UpdateNodegroupVersion.html
func refuseNodeGroup(a *Account, t *Thing, asked map[string]any) string {
	cluster, nodes := a.minorOfCluster(asked["clusterName"]), minor(asked["version"])
	if cluster != 0 && nodes != 0 && (nodes > cluster || nodes < cluster-skew) {
		return fmt.Sprintf("InvalidParameterException: Requested Nodegroup version %v is not compatible with Kubernetes 1.%d of the cluster", asked["version"], cluster)
	}
	if refusal := refuseImage(a, t, asked); refusal != "" {
		return refusal
	}
	if config, _ := asked["updateConfig"].(map[string]any); len(config) > 1 {
		return "InvalidParameterException: You can only specify one of maxUnavailable and maxUnavailablePercentage"
	}
	low, size, high := number(at(asked, "scalingConfig.minSize")), number(at(asked, "scalingConfig.desiredSize")), number(at(asked, "scalingConfig.maxSize"))
	switch {
	case low > size:
		return fmt.Sprintf("InvalidParameterException: Minimum capacity %d can't be greater than desired size %d", low, size)
	case size > high:
		return fmt.Sprintf("InvalidParameterException: desired capacity %d can't be greater than max size %d", size, high)
	}
	version := at(asked, "launchTemplate.version")
	for _, other := range a.Things("LaunchTemplate") {
		if at(asked, "launchTemplate.id") == other.Name && number(version) > int64(other.Version) {
			return fmt.Sprintf("InvalidParameterException: launch template version %v does not exist", version)
		}
	}
	return ""
}

// refuseImage that isn't there, that is of another version of Kubernetes, or that is
// older than what runs.
func refuseImage(a *Account, t *Thing, asked map[string]any) string {
	release := fmt.Sprint(asked["releaseVersion"])
	bottlerocket := strings.HasPrefix(fmt.Sprint(asked["amiType"]), "BOTTLEROCKET")
	if asked["releaseVersion"] == nil || bottlerocket || t != nil && t.Has["releaseVersion"] == release {
		return ""
	}
	if newest := a.image(asked["version"]); minor(release) != minor(newest) || release > newest {
		return fmt.Sprintf("InvalidParameterException: Requested release version %s is not valid for kubernetes version %v", release, asked["version"])
	}
	if t != nil && minor(t.Has["releaseVersion"]) == minor(release) && fmt.Sprint(t.Has["releaseVersion"]) > release {
		return "InvalidParameterException: You cannot roll back a node group to an earlier AMI version: " + release
	}
	return ""
}

// image of a node group's nodes: with whatever replaces them EKS takes the newest,
// unless the request names another. The provider sends it only if it is to change.
func image(a *Account, has, next map[string]any) {
	replaced := has["version"] != next["version"] || !alike(has["launchTemplate"], next["launchTemplate"])
	if next["releaseVersion"] == nil || replaced && has != nil && has["releaseVersion"] == next["releaseVersion"] {
		next["releaseVersion"] = a.image(next["version"])
	}
}

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
func refuseQueue(a *Account, _ *Thing, asked map[string]any) string {
	fifo := asked["fifoQueue"] == true
	if name := fmt.Sprint(asked["name"]); fifo != strings.HasSuffix(name, ".fifo") {
		return "InvalidParameterValue: The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix"
	}
	policy, _ := asked["redrivePolicy"].(string)
	return refuseTarget(a, policy, fifo)
}

func refuseRedrive(a *Account, _ *Thing, asked map[string]any) string {
	policy, _ := asked["redrivePolicy"].(string)
	return refuseTarget(a, policy, strings.HasSuffix(fmt.Sprint(asked["queueUrl"]), ".fifo"))
}

// refuseTarget of a redrive policy that isn't there, or of another kind.
func refuseTarget(a *Account, policy string, fifo bool) string {
	if policy == "" {
		return ""
	}
	for _, q := range a.Things("Queue") {
		if strings.Contains(policy, ":"+fmt.Sprint(q.Has["name"])+`"`) && (q.Has["fifoQueue"] == true) == fifo {
			return ""
		}
	}
	return "InvalidParameterValue: Value " + policy + " for parameter RedrivePolicy is invalid. Reason: Dead letter target does not exist"
}

// https://docs.aws.amazon.com/Route53/latest/APIReference/API_AssociateVPCWithHostedZone.html
func refuseZone(_ *Account, t *Thing, asked map[string]any) string {
	if t == nil {
		return ""
	}
	was, _ := t.Has["vpc"].([]any)
	is, _ := asked["vpc"].([]any)
	switch {
	case len(was) == 0 && len(is) > 0:
		return "PublicZoneVPCAssociation: You're trying to associate a VPC with a public hosted zone"
	case len(was) > 0 && len(is) == 0:
		return "LastVPCAssociation: The VPC that you're trying to disassociate from the private hosted zone is the last VPC that is associated with the hosted zone"
	}
	return ""
}

// sayTemplate: each change is a version of its own.
func sayTemplate(t *Thing, atProvider map[string]any) {
	atProvider["latestVersion"] = int64(t.Version)
	atProvider["defaultVersion"] = int64(1)
}

// keepVPC as long as something is in it.
func keepVPC(a *Account, t *Thing, _ *unstructured.Unstructured) string {
	for _, kind := range []string{"Subnet", "RouteTable", "SecurityGroup", "InternetGateway"} {
		for _, other := range a.Things(kind) {
			if other.Has["vpcId"] == t.Name {
				return "DependencyViolation: The vpc '" + t.Name + "' has dependencies and cannot be deleted."
			}
		}
	}
	return ""
}

func minor(version any) int64 {
	v, err := semver.NewVersion(fmt.Sprint(version))
	if err != nil {
		return 0
	}
	return int64(v.Minor()) //nolint:gosec // It is small.
}

func number(v any) int64 {
	switch v := v.(type) {
	case int64:
		return v
	case float64:
		return int64(v)
	case string:
		var n int64
		_, _ = fmt.Sscan(v, &n)
		return n
	}
	return 0
}
