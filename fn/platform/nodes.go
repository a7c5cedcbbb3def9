package platform

import (
	"fmt"
	"reflect"
	"slices"

	"k8s.io/apimachinery/pkg/runtime"

	asv1 "github.com/upbound/provider-aws/v2/apis/namespaced/autoscaling/v1beta1"
	ec2 "github.com/upbound/provider-aws/v2/apis/namespaced/ec2/v1beta1"
	eksv1 "github.com/upbound/provider-aws/v2/apis/namespaced/eks/v1beta1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/fn/read"
)

// nodeGroup is an EKS managed node group.
type nodeGroup struct {
	generation

	node *plan.Node
	// open groups take any pod; the others are tainted.
	open bool
	// autoScalingGroup is the name of the group behind it. EKS makes exactly
	// one, and chooses its name.
	autoScalingGroup plan.Value
	// subnets it is in, and whether those are all of the network's that there were
	// when it was made.
	subnets    []subnet
	everywhere bool
}

func composeNodes(p *plan.Plan, c *contract, net *network, eks *cluster) []*nodeGroup {
	l := p.Layer(v1alpha1.ConditionNodesReady)

	var instance *plan.Node
	var policies []*plan.Node
	if c.spec.IAM.NodeRoleArn == "" {
		instance = addRole(l, c, "nodes.role", "nodes", trustService(c.servicePrincipal("ec2")))
		// They must outlive the nodes: without them EKS can delete neither
		// instances nor the network interfaces of pods.
		policies = []*plan.Node{
			attachPolicy(l, c, "nodes.role.worker", instance, "AmazonEKSWorkerNodePolicy"),
			attachPolicy(l, c, "nodes.role.cni", instance, "AmazonEKS_CNI_Policy"),
			attachPolicy(l, c, "nodes.role.registry", instance, "AmazonEC2ContainerRegistryPullOnly"),
		}
	}

	var groups []*nodeGroup
	existing := p.Existing()
	for _, spec := range c.spec.NodeGroups {
		gen := generationOf(p, existing, spec)
		template := launchTemplate(l, c, gen, spec)
		var subnets []subnet
		node := l.Add(gen.key, func(n *plan.Node) runtime.Object {
			subnets = nodeSubnets(n.Observed(), subnetsIn(net.private, spec.Zones))
			// A node that reaches neither the cluster nor a registry, or finds
			// no network for its pods, never joins, and EKS gives up on the
			// whole group.
			for _, s := range subnets {
				n.After(s.routed...)
			}
			n.After(policies...)
			n.After(eks.beforeNodes...)
			return managedNodeGroup(n, c, spec, gen, eks, instance, template, subnetNodes(subnets))
		}).ReadyWhen(plan.Available, read.NodeGroup.Status.IsNot(failedNodeGroup...), rolled, read.NodeGroup.Status.Is(active, failedNodeGroup...), hasBounds(spec)).
			Step(read.NodeGroup.AskedVersion.Field, read.NodeGroup.AskedReleaseVersion.Field, read.NodeGroup.AskedTemplateVersion.Field).
			Replaces(gen.before...)
		eks.followers = append(eks.followers, follower{node: node, asked: read.NodeGroup.AskedVersion, at: func(v v1alpha1.KubernetesVersion) string { return string(nodeVersion(spec, v)) }})
		eks.waitFor("spec.nodeGroups", spec.Name, string(spec.Version))
		if image := newerImage(spec, node.Observed()); image != "" {
			l.Note(fmt.Sprintf("%s has the AMI %s, which is newer than its releaseVersion %s: EKS takes none back", gen.key, image, spec.ReleaseVersion))
		}
		g := &nodeGroup{
			generation:       gen,
			node:             node,
			open:             !slices.ContainsFunc(spec.Taints, func(t v1alpha1.Taint) bool { return t.Effect != v1alpha1.TaintEffectPreferNoSchedule }),
			autoScalingGroup: node.Value(read.NodeGroup.AutoScalingGroup),
			subnets:          subnets,
			everywhere:       len(spec.Zones) == 0,
		}
		taintTags(p, l, c, g, spec)
		groups = append(groups, g)
	}
	p.Turns(int(max(1, c.spec.Upgrade.MaxParallelNodeGroups)), nodesOf(groups)...)
	addStorage(l, c, eks, groups)
	noteWithoutNodes(l, net, groups)
	return groups
}

// nodeSubnets are those a group was made in, of those it would be made in now: EKS
// can't change them (UpdateNodegroupConfig takes none), and the provider would
// refuse to.
func nodeSubnets(o *plan.Observed, now []subnet) []subnet {
	ids, asked := read.NodeGroup.SubnetIDs.Of(o), read.NodeGroup.SubnetRefs.Of(o)
	if len(ids) == 0 {
		return now
	}
	return slices.DeleteFunc(slices.Clone(now), func(s subnet) bool {
		id := read.Subnet.ID.Of(s.node.Observed())
		return id != "" && !slices.Contains(ids, id) || id == "" && !slices.Contains(asked, s.node.Name())
	})
}

// noteWithoutNodes tells of subnets that came later than all groups that are
// everywhere.
func noteWithoutNodes(l *plan.Layer, net *network, groups []*nodeGroup) {
	if !slices.ContainsFunc(groups, func(g *nodeGroup) bool { return g.everywhere }) {
		return
	}
	for _, s := range net.private {
		switch {
		case slices.ContainsFunc(groups, func(g *nodeGroup) bool {
			return slices.ContainsFunc(g.subnets, func(of subnet) bool { return of.node == s.node })
		}):
		case s.zone != "":
			l.Note("no node group is in " + s.zone + ", which was appended later: EKS moves none; add one of another name with zones: [" + s.zone + "]")
		default:
			l.Note("no node group is in " + s.id + ", which was added later: EKS moves none; one that is added is in all subnets")
		}
	}
}

// addStorage adds what needs nodes to become active: they are Deployments, and
// EKS calls an add-on degraded while its pods find no node.
func addStorage(l *plan.Layer, c *contract, eks *cluster, groups []*nodeGroup) {
	ready := schedulableNodes(groups)
	eks.dns = addAddon(l, c, "coredns", eks, nil, ready...)
	driver := addIdentity(l, c, eks, "ebs-csi", accountEBS)
	// The newer policy touches only volumes the driver made. Outside the
	// commercial regions it is not known to exist.
	name := "AmazonEBSCSIDriverPolicyV2"
	if c.partition != partitionAWS {
		name = "service-role/AmazonEBSCSIDriverPolicy"
	}
	policy := attachPolicy(l, c, "ebs-csi.policy", driver.role, name)
	var actor *plan.Node
	if c.spec.Identity == v1alpha1.IdentityIRSA {
		actor = driver.role
	}
	addAddon(l, c, "aws-ebs-csi-driver", eks, actor, append(ready, driver.ready, policy)...)
}

func nodesOf(groups []*nodeGroup) []*plan.Node {
	var nodes []*plan.Node
	for _, g := range groups {
		nodes = append(nodes, g.node)
	}
	return nodes
}

// schedulableNodes are the node groups that pods without tolerations can run on. The
// schema sees to it that there is one.
func schedulableNodes(groups []*nodeGroup) []*plan.Node {
	var open []*plan.Node
	for _, g := range groups {
		if g.open {
			open = append(open, g.node)
		}
	}
	return open
}

// launchTemplate of a node group: what EKS has no field of its own for.
func launchTemplate(l *plan.Layer, c *contract, gen generation, g v1alpha1.NodeGroup) *plan.Node {
	return l.Add(gen.key+".template", func(n *plan.Node) runtime.Object {
		name := c.regional(gen.name)
		t := ec2.LaunchTemplateParameters_2{
			Region: c.region(),
			Name:   new(c.template(n.Observed(), gen.name)),
			// A change of it is a new version, and with that EKS replaces the nodes,
			// by default by ones with the newest AMI.
			// https://docs.aws.amazon.com/eks/latest/APIReference/API_UpdateNodegroupVersion.html
			Description:         imageRevision(g, n.Observed()),
			BlockDeviceMappings: nodeVolumes(g),
			MetadataOptions: &ec2.LaunchTemplateMetadataOptionsParameters{
				HTTPEndpoint: new("enabled"),
				// IMDSv2, one hop: pods can't act as their node.
				HTTPTokens:              new("required"),
				HTTPPutResponseHopLimit: floatOf(1),
			},
			Tags: c.tags(name),
		}
		t.TagSpecifications = instanceTags(n.Observed(), t)
		return &ec2.LaunchTemplate{Spec: ec2.LaunchTemplateSpec{ForProvider: t}}
	}).Replaces(gen.before...)
}

// asksFor the same options. The provider copies others beside them.
func asksFor(asked, o *ec2.LaunchTemplateMetadataOptionsParameters) bool {
	return asked != nil && reflect.DeepEqual(
		[]any{asked.HTTPEndpoint, asked.HTTPTokens, asked.HTTPPutResponseHopLimit},
		[]any{o.HTTPEndpoint, o.HTTPTokens, o.HTTPPutResponseHopLimit})
}

// instanceTags are what a template puts on instances and what comes with them. They
// are a part of it, and each change of it replaces all nodes: so tags alone change
// nothing there, and go along once something else does.
func instanceTags(o *plan.Observed, t ec2.LaunchTemplateParameters_2) []ec2.TagSpecificationsParameters {
	var asked ec2.LaunchTemplateParameters_2
	// What can't be read is asked for anew.
	if err := read.LaunchTemplate.Asked.Decode(o, &asked); err == nil && len(asked.TagSpecifications) > 0 &&
		reflect.DeepEqual(asked.Description, t.Description) && reflect.DeepEqual(asked.BlockDeviceMappings, t.BlockDeviceMappings) && asksFor(asked.MetadataOptions, t.MetadataOptions) {
		return asked.TagSpecifications
	}
	var specs []ec2.TagSpecificationsParameters
	for _, kind := range []string{"instance", "network-interface", "volume"} {
		specs = append(specs, ec2.TagSpecificationsParameters{ResourceType: new(kind), Tags: t.Tags})
	}
	return specs
}

// nodeVolumes of a group, all encrypted. The one with images and containers is the
// root volume, but for Bottlerocket, whose root holds the operating system
// only and keeps its size.
func nodeVolumes(g v1alpha1.NodeGroup) []ec2.BlockDeviceMappingsParameters {
	volume := func(device string) ec2.BlockDeviceMappingsParameters {
		return ec2.BlockDeviceMappingsParameters{DeviceName: new(device), EBS: &ec2.EBSParameters{
			VolumeType:          new("gp3"),
			Encrypted:           new("true"),
			DeleteOnTermination: new("true"),
		}}
	}
	vs := []ec2.BlockDeviceMappingsParameters{volume("/dev/xvda")}
	if isBottlerocket(g) {
		vs = append(vs, volume("/dev/xvdb"))
	}
	vs[len(vs)-1].EBS.VolumeSize = floatOf(g.DiskSizeGiB)
	return vs
}

func managedNodeGroup(n *plan.Node, c *contract, g v1alpha1.NodeGroup, gen generation, eks *cluster, instance, template *plan.Node, subnets []*plan.Node) *eksv1.NodeGroup {
	ng := &eksv1.NodeGroup{ObjectMeta: externallyNamed(gen.name), Spec: eksv1.NodeGroupSpec{
		ForProvider: eksv1.NodeGroupParameters{
			Region:         c.region(),
			ClusterNameRef: n.Ref(eks.node),
			// Without it EKS never brings the nodes to the version of their cluster.
			Version:        new(string(nodeVersion(g, eks.version))),
			ReleaseVersion: nonEmpty(releaseVersion(g, eks.version, n.Observed())),
			NodeRoleArnRef: n.Ref(instance),
			NodeRoleArn:    nonEmpty(c.spec.IAM.NodeRoleArn),
			SubnetIDRefs:   n.Refs(subnets...),
			InstanceTypes:  pointersTo(g.InstanceTypes),
			AMIType:        new(g.AMIType),
			CapacityType:   new(capacityTypes[g.CapacityType]),
			LaunchTemplate: &eksv1.LaunchTemplateParameters{
				ID: new(n.Use(template.Value(read.LaunchTemplate.ID))),
				// A number, not $Latest: EKS would answer with the number, and
				// the provider would set it back for ever.
				Version: new(n.Use(template.Value(read.LaunchTemplate.LatestVersion))),
			},
			UpdateConfig:     updateConfig(g),
			NodeRepairConfig: nodeRepair(g, n.Observed()),
			// How much disk a node has the autoscaler reads here: a launch template
			// it does not look into.
			Tags: c.tags(c.regional(gen.name), tagTemplate+"resources/ephemeral-storage", fmt.Sprintf("%dGi", g.DiskSizeGiB)),
		},
	}}
	madeBy(n, ng, groupChoices(g))
	if g.ForceUpdate {
		// Never false: Terraform reads none, and would find a difference for ever.
		ng.Spec.ForProvider.ForceUpdateVersion = new(true)
	}
	ng.Spec.ForProvider.ScalingConfig, ng.Spec.InitProvider.ScalingConfig = scalingConfig(n.Observed(), g, gen.size)
	if len(g.Labels) > 0 {
		ng.Spec.ForProvider.Labels = map[string]*string{}
		for k, v := range g.Labels {
			ng.Spec.ForProvider.Labels[k] = new(v)
		}
	}
	for _, t := range g.Taints {
		p := eksv1.TaintParameters{Key: new(t.Key), Effect: new(taintEffects[t.Effect])}
		if t.Value != "" {
			p.Value = new(t.Value)
		}
		ng.Spec.ForProvider.Taint = append(ng.Spec.ForProvider.Taint, p)
	}
	return ng
}

// EKS spells these otherwise than Kubernetes.
//
//nolint:gochecknoglobals // Constant tables.
var (
	capacityTypes = map[string]string{"OnDemand": "ON_DEMAND", "Spot": "SPOT"}
	taintEffects  = map[v1alpha1.TaintEffect]string{
		v1alpha1.TaintEffectNoSchedule:       "NO_SCHEDULE",
		v1alpha1.TaintEffectPreferNoSchedule: "PREFER_NO_SCHEDULE",
		v1alpha1.TaintEffectNoExecute:        "NO_EXECUTE",
	}
)

// taintTags tell the autoscaler about taints without a value. All else it wants to
// know of a node while a group has none it asks EKS for, which also puts the tags
// on the Auto Scaling group that the group is found by; but in EKS's answer such a
// taint has no value, and the autoscaler skips it.
// https://docs.aws.amazon.com/eks/latest/userguide/managed-node-groups.html
// kubernetes/autoscaler, cloudprovider/aws/aws_wrapper.go (getManagedNodegroupInfo)
func taintTags(p *plan.Plan, l *plan.Layer, c *contract, g *nodeGroup, spec v1alpha1.NodeGroup) {
	seen := map[string]bool{}
	for _, t := range spec.Taints {
		// A tag has one value, so of several taints with one key it can tell
		// the first.
		if t.Value != "" || seen[t.Key] {
			continue
		}
		seen[t.Key] = true
		tag := tagTemplate + "taint/" + t.Key
		key := textKey(g.key+".tag.taint-", t.Key, func(key string) bool { return read.GroupTag.AskedKey.Of(p.Object(key)) == tag })
		l.Add(key, func(n *plan.Node) runtime.Object {
			return &asv1.GroupTag{Spec: asv1.GroupTagSpec{ForProvider: asv1.GroupTagParameters{
				Region:               c.region(),
				AutoscalingGroupName: new(n.Use(g.autoScalingGroup)),
				Tag: &asv1.GroupTagTagParameters{
					Key:   new(tag),
					Value: new(":" + string(t.Effect)),
					// For the autoscaler's eyes, not for instances.
					PropagateAtLaunch: new(false),
				},
			}}}
		}).Replaces(g.before...)
	}
}

func nodeGroupStatus(groups []*nodeGroup) []v1alpha1.NodeGroupStatus {
	var ss []v1alpha1.NodeGroupStatus
	for _, g := range groups {
		ss = append(ss, v1alpha1.NodeGroupStatus{
			Name:                 g.of,
			NodeGroupName:        g.name,
			AutoScalingGroupName: g.autoScalingGroup.Peek(),
			Version:              read.NodeGroup.Version.Of(g.node.Observed()),
			ReleaseVersion:       read.NodeGroup.ReleaseVersion.Of(g.node.Observed()),
		})
	}
	return ss
}
