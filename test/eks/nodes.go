package eks

import (
	"cmp"
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	ec2 "github.com/upbound/provider-aws/v2/apis/namespaced/ec2/v1beta1"
	eksv1 "github.com/upbound/provider-aws/v2/apis/namespaced/eks/v1beta1"
)

// Labels that EKS puts on nodes.
const (
	// LabelGroup is the node group's name.
	LabelGroup = "eks.amazonaws.com/nodegroup"
	// LabelTemplate is the version of the launch template that the node was made by.
	LabelTemplate = "eks.amazonaws.com/sourceLaunchTemplateVersion"
	// LabelImage is the node's machine image.
	LabelImage = "eks.amazonaws.com/nodegroup-image"
)

// labelObject is the UID of the node group's object: two platforms have groups of one
// name, in clusters that are the same here.
const labelObject = "test/node-group"

// findNodes of a group.
func (d *DataPlane) findNodes(ctx context.Context, g *group) error {
	list := &corev1.NodeList{}
	if err := d.Client.List(ctx, list, client.MatchingLabels{labelObject: string(g.object.GetUID())}); err != nil {
		return fmt.Errorf("cannot list its nodes: %w", err)
	}
	g.nodes = list.Items
	return nil
}

// image of nodes that a group is asked for.
func image(asked eksv1.NodeGroupParameters) string {
	return "ami-" + cmp.Or(ptr.Deref(asked.ReleaseVersion, ""), ptr.Deref(asked.Version, ""))
}

// template is the version of the launch template that a group is asked for.
func template(asked eksv1.NodeGroupParameters) string {
	return ptr.Deref(ptr.Deref(asked.LaunchTemplate, eksv1.LaunchTemplateParameters{}).Version, "")
}

// outdated nodes of a group: those that an update replaces.
func (g *group) outdated() []*corev1.Node {
	var old []*corev1.Node
	for i := range g.nodes {
		if l := g.nodes[i].Labels; l[LabelImage] != image(g.asked) || l[LabelTemplate] != template(g.asked) {
			old = append(old, &g.nodes[i])
		}
	}
	return old
}

// ready tells whether all nodes of a group are.
func (g *group) ready() bool {
	for _, n := range g.nodes {
		ready := false
		for _, c := range n.Status.Conditions {
			ready = ready || c.Type == corev1.NodeReady && c.Status == corev1.ConditionTrue
		}
		if !ready {
			return false
		}
	}
	return true
}

// launch nodes of a group, as it is asked for now, in each of its zones in turn.
func (d *DataPlane) launch(ctx context.Context, g *group, count int) error {
	for range count {
		zone, err := d.zone(ctx, g)
		if err != nil {
			return err
		}
		g.launched++
		name := fmt.Sprintf("%s-%d", g.object.GetName(), g.launched)
		n := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{
			labelObject:                    string(g.object.GetUID()),
			LabelGroup:                     meta.GetExternalName(g.object),
			LabelTemplate:                  template(g.asked),
			LabelImage:                     image(g.asked),
			corev1.LabelHostname:           name,
			corev1.LabelTopologyZone:       zone,
			corev1.LabelInstanceTypeStable: *g.asked.InstanceTypes[0],
		}}}
		for k, v := range g.asked.Labels {
			n.Labels[k] = *v
		}
		n.Status.NodeInfo.KubeletVersion = "v" + ptr.Deref(g.asked.Version, "") + ".0"
		n.Status.Allocatable = corev1.ResourceList{
			corev1.ResourceCPU:    resource.MustParse("2"),
			corev1.ResourceMemory: resource.MustParse("8Gi"),
			corev1.ResourcePods:   resource.MustParse("29"),
		}
		n.Status.Capacity = n.Status.Allocatable
		if err := d.Client.Create(ctx, n); err != nil {
			return fmt.Errorf("cannot create a node: %w", err)
		}
	}
	return nil
}

// zone of the next node: that of the next subnet.
func (d *DataPlane) zone(ctx context.Context, g *group) (string, error) {
	refs := g.asked.SubnetIDRefs
	subnet := &unstructured.Unstructured{}
	subnet.SetGroupVersionKind(ec2.Subnet_GroupVersionKind)
	at := types.NamespacedName{Namespace: g.object.GetNamespace(), Name: refs[g.launched%len(refs)].Name}
	if err := d.Client.Get(ctx, at, subnet); err != nil {
		return "", fmt.Errorf("cannot get its subnet: %w", err)
	}
	zone, _, err := unstructured.NestedString(subnet.Object, "spec", "forProvider", "availabilityZoneId")
	return zone, err
}

// cordon a node.
func (d *DataPlane) cordon(ctx context.Context, n *corev1.Node) error {
	if n.Spec.Unschedulable {
		return nil
	}
	return d.Client.Patch(ctx, n, client.RawPatch(types.MergePatchType, []byte(`{"spec":{"unschedulable":true}}`)))
}

// drain a node, and terminate it once its pods have left, or have had time to.
func (d *DataPlane) drain(ctx context.Context, g *group, n *corev1.Node) error {
	stuck, err := d.evict(ctx, g, n, d.Removal)
	if err != nil || !stuck {
		return err
	}
	return d.terminate(ctx, g, n)
}

// evict the pods of a node that takes no more of them, and terminate it once it has
// none. It is stuck if it still has some after as long as told.
func (d *DataPlane) evict(ctx context.Context, g *group, n *corev1.Node, limit time.Duration) (stuck bool, err error) {
	if err := d.cordon(ctx, n); err != nil {
		return false, fmt.Errorf("cannot cordon node %s: %w", n.Name, err)
	}
	pods, err := d.pods(ctx, n)
	if err != nil {
		return false, err
	}
	if len(pods) == 0 {
		return false, d.terminate(ctx, g, n)
	}
	since, begun := g.draining[n.Name]
	if !begun {
		since = time.Now()
		g.draining[n.Name] = since
	}
	for i := range pods {
		pod := &pods[i]
		e := &policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Namespace: pod.Namespace, Name: pod.Name}}
		err := d.Client.SubResource("eviction").Create(ctx, pod, e)
		// The API server answers that there are too many requests if a budget forbids it.
		if client.IgnoreNotFound(err) != nil && !kerrors.IsTooManyRequests(err) {
			return false, fmt.Errorf("cannot evict pod %s: %w", pod.Name, err)
		}
	}
	return time.Since(since) > limit, nil
}

// terminate a node, and with it whatever still runs there.
func (d *DataPlane) terminate(ctx context.Context, g *group, n *corev1.Node) error {
	pods, err := d.pods(ctx, n)
	if err != nil {
		return err
	}
	for i := range pods {
		if err := client.IgnoreNotFound(d.Client.Delete(ctx, &pods[i], client.GracePeriodSeconds(0))); err != nil {
			return fmt.Errorf("cannot delete pod %s: %w", pods[i].Name, err)
		}
	}
	if err := client.IgnoreNotFound(d.Client.Delete(ctx, n)); err != nil {
		return fmt.Errorf("cannot delete node %s: %w", n.Name, err)
	}
	delete(g.draining, n.Name)
	return nil
}

// pods on a node.
func (d *DataPlane) pods(ctx context.Context, n *corev1.Node) ([]corev1.Pod, error) {
	list := &corev1.PodList{}
	if err := d.Client.List(ctx, list, client.MatchingFields{"spec.nodeName": n.Name}); err != nil {
		return nil, fmt.Errorf("cannot list the pods of node %s: %w", n.Name, err)
	}
	return list.Items, nil
}
