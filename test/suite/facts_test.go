package suite

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/xplatform-dev/function-xplatform/test/controlplane"
)

// factsName is the ConfigMap's in the platform's cluster, which is this control plane
// itself.
var factsName = types.NamespacedName{Namespace: metav1.NamespacePublic, Name: "xplatform-facts"} //nolint:gochecknoglobals // A constant.

// tellsFacts tests that a Pod in the platform's cluster reads what the platform is made
// of, by no other rights than the documentation gives it; and that what is taken out of
// the claim is taken out of the facts.
func (p *platform) tellsFacts(ctx context.Context) {
	p.t.Helper()
	o, err := p.get(ctx)
	if err != nil {
		p.t.Fatal(err)
	}
	read := func(path ...string) string {
		s, _, _ := unstructured.NestedString(o.Object, append([]string{"status"}, path...)...)
		return s
	}
	want := map[string]string{
		"PLATFORM_VPC_ID":       read("network", "vpcId"),
		"PLATFORM_CLUSTER_NAME": read("cluster", "name"),
		"PLATFORM_ZONE_ID":      read("dns", "zoneId"),
	}
	for kind, key := range map[string]string{"databases": "DATABASE_ENDPOINT", "queues": "QUEUE_URL"} {
		entries, _, _ := unstructured.NestedSlice(o.Object, "status", kind)
		first, _ := entries[0].(map[string]any)
		want["PLATFORM_"+key+"_ORDERS"] = fmt.Sprint(first[map[string]string{"databases": "endpoint", "queues": "url"}[kind]])
	}
	for _, o := range objectsOf(p.t, "examples/gitops/facts-reader.yaml") {
		if err := p.bed.cp.Apply(ctx, o); err != nil {
			p.t.Fatal(err)
		}
	}
	p.podReads(ctx, want)

	p.edit(ctx, func(spec map[string]any) {
		queues := spec["queues"].([]any)
		spec["queues"] = slices.DeleteFunc(queues, func(q any) bool { return q.(map[string]any)["name"] == "orders" })
	})
	p.facts(ctx, "without the queue that is not asked for any more", func(data map[string]string) bool {
		return data["PLATFORM_QUEUE_URL_ORDERS"] == "" && data["PLATFORM_VPC_ID"] == want["PLATFORM_VPC_ID"]
	})
	p.ready(ctx)
}

// tellsGitOps tests that Argo CD and Flux find the cluster, and what there is to know of
// the platform, where they look; and returns what they find.
func (p *platform) tellsGitOps(ctx context.Context) []client.Object {
	p.t.Helper()
	var told map[string]string
	p.facts(ctx, "told", func(data map[string]string) bool {
		told = data
		return len(data) > 0
	})
	clusters := &corev1.SecretList{}
	if err := p.bed.cp.Client.List(ctx, clusters, client.InNamespace(controlplane.NamespaceArgoCD), client.MatchingLabels{"argocd.argoproj.io/secret-type": "cluster", "PLATFORM_NAME": told["PLATFORM_NAME"]}); err != nil {
		p.t.Fatal(err)
	}
	if len(clusters.Items) != 1 {
		p.t.Fatalf("want Argo CD to find one cluster of the platform, got %d", len(clusters.Items))
	}
	cluster := &clusters.Items[0]
	if got := string(cluster.Data["server"]); got != told["PLATFORM_CLUSTER_ENDPOINT"] {
		p.t.Errorf("want the cluster at %s, got %s", told["PLATFORM_CLUSTER_ENDPOINT"], got)
	}
	found := []client.Object{cluster}
	for suffix, want := range map[string]map[string]string{
		"-facts":      told,
		"-kubeconfig": {"provider": "aws", "cluster": told["PLATFORM_CLUSTER_ARN"], "address": told["PLATFORM_CLUSTER_ENDPOINT"]},
	} {
		cm := &corev1.ConfigMap{}
		if err := p.bed.cp.Client.Get(ctx, types.NamespacedName{Namespace: p.claim.GetNamespace(), Name: p.claim.GetName() + suffix}, cm); err != nil {
			p.t.Fatal(err)
		}
		for key, value := range want {
			if cm.Data[key] != value {
				p.t.Errorf("%s: %s: want %s, got %s", cm.Name, key, value, cm.Data[key])
			}
		}
		found = append(found, cm)
	}
	for key, value := range told {
		if cluster.Annotations[key] != value {
			p.t.Errorf("Argo CD: %s: want %s, got %s", key, value, cluster.Annotations[key])
		}
	}
	return found
}

// podReads waits until a Pod has read facts that are as told.
func (p *platform) podReads(ctx context.Context, facts map[string]string) {
	p.t.Helper()
	of := metav1.ObjectMeta{Name: "reader", Namespace: p.claim.GetNamespace()}
	pod := &corev1.Pod{ObjectMeta: of, Spec: corev1.PodSpec{ServiceAccountName: of.Name, RestartPolicy: corev1.RestartPolicyOnFailure}}
	for i, key := range slices.Sorted(maps.Keys(facts)) {
		if facts[key] == "" {
			p.t.Fatalf("the platform has no %s", key)
		}
		pod.Spec.Containers = append(pod.Spec.Containers, corev1.Container{
			Name: fmt.Sprintf("fact-%d", i), Image: "registry.k8s.io/kubectl", Command: []string{"kubectl"},
			Args: []string{"wait", "--for=jsonpath={.data." + key + "}=" + facts[key], "configmap/" + factsName.Name, "--namespace=" + factsName.Namespace, "--timeout=60s"},
		})
	}
	for _, o := range []client.Object{&corev1.ServiceAccount{ObjectMeta: of}, pod} {
		if err := p.bed.cp.Client.Create(ctx, o); err != nil {
			p.t.Fatal(err)
		}
	}
	err := wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
		err := p.bed.cp.Client.Get(ctx, client.ObjectKeyFromObject(pod), pod)
		return pod.Status.Phase == corev1.PodSucceeded, err
	})
	if err != nil {
		p.t.Fatalf("no Pod reads the facts %v: %v: %+v", facts, err, pod.Status)
	}
}

// facts waits until something is true of them, in the cluster.
func (p *platform) facts(ctx context.Context, what string, done func(data map[string]string) bool) {
	p.t.Helper()
	cm := &corev1.ConfigMap{}
	err := wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
		err := p.bed.cp.Client.Get(ctx, factsName, cm)
		return err == nil && done(cm.Data), client.IgnoreNotFound(err)
	})
	if err != nil {
		p.t.Fatalf("the facts are not %s: %v: %v", what, err, cm.Data)
	}
}
