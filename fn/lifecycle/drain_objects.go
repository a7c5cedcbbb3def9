package lifecycle

import (
	"cmp"
	"slices"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/fn/platform"
)

// drainName is the name in the cluster of all that the drain takes.
const drainName = "xplatform-drain"

// drainImage has nothing but kubectl, which works with clusters of the versions
// around its own, and for what is done here with all.
const drainImage = "registry.k8s.io/kubectl:v1.35.4"

// inCluster is something in the cluster, by way of a provider configuration. A
// definition is only looked at.
func inCluster(n *plan.Node, config string, o client.Object) *unstructured.Unstructured {
	told := map[string]any{}
	switch o.GetObjectKind().GroupVersionKind().Kind {
	case "CustomResourceDefinition":
		told["managementPolicies"] = []any{"Observe"}
	case "Pod":
		// Until then the provider looks at it every half a minute.
		told["readiness"] = map[string]any{"policy": "DeriveFromCelQuery", "celQuery": `has(object.status) && has(object.status.phase) && object.status.phase == "Succeeded"`}
	}
	return platform.InCluster(n, config, o, told)
}

// gatewayDefinition is the definition of Gateways, by its name alone: its type
// would compose a definition of nothing.
func gatewayDefinition() *unstructured.Unstructured {
	o := &unstructured.Unstructured{}
	o.SetAPIVersion("apiextensions.k8s.io/v1")
	o.SetKind("CustomResourceDefinition")
	o.SetName(resourceGateways)
	return o
}

// drainMeta of something in a namespace, or in none.
func drainMeta(namespace string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: drainName, Namespace: namespace, Labels: map[string]string{"app.kubernetes.io/name": drainName}}
}

// drainAccount is whom the Pod acts as.
func drainAccount() *corev1.ServiceAccount {
	return &corev1.ServiceAccount{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "ServiceAccount"},
		ObjectMeta: drainMeta(platform.NamespaceSystem),
	}
}

// drainRole may do all that the steps take, and nothing else.
func drainRole() *rbacv1.ClusterRole {
	remove := []string{"get", "list", "watch", "delete"}
	return &rbacv1.ClusterRole{
		TypeMeta:   metav1.TypeMeta{APIVersion: rbacv1.SchemeGroupVersion.String(), Kind: "ClusterRole"},
		ObjectMeta: drainMeta(""),
		Rules: []rbacv1.PolicyRule{
			{APIGroups: []string{"networking.k8s.io"}, Resources: []string{"ingresses"}, Verbs: remove},
			{APIGroups: []string{""}, Resources: []string{"services"}, Verbs: remove},
			{APIGroups: []string{"gateway.networking.k8s.io"}, Resources: []string{"gateways"}, Verbs: remove},
			{APIGroups: []string{""}, Resources: []string{"namespaces"}, ResourceNames: []string{platform.NamespaceSystem}, Verbs: []string{"get", "list", "watch"}},
		},
	}
}

// drainBinding lets that account act by the role.
func drainBinding() *rbacv1.ClusterRoleBinding {
	return &rbacv1.ClusterRoleBinding{
		TypeMeta:   metav1.TypeMeta{APIVersion: rbacv1.SchemeGroupVersion.String(), Kind: "ClusterRoleBinding"},
		ObjectMeta: drainMeta(""),
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: drainName},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: platform.NamespaceSystem, Name: drainName}},
	}
}

// drainPod runs the steps one after the other, and each of them again until it
// succeeds.
func (l *Life) drainPod(steps []step) *corev1.Pod {
	var containers []corev1.Container
	for _, s := range steps {
		containers = append(containers, corev1.Container{
			Name:    s.name,
			Image:   cmp.Or(l.policy.DrainImage, drainImage),
			Command: []string{"kubectl"},
			Args:    s.args,
			// What it printed last is in the Pod's status then.
			TerminationMessagePolicy: corev1.TerminationMessageFallbackToLogsOnError,
			Resources: corev1.ResourceRequirements{
				Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("10m"), corev1.ResourceMemory: resource.MustParse("64Mi")},
				Limits:   corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("128Mi")},
			},
			SecurityContext: &corev1.SecurityContext{
				AllowPrivilegeEscalation: new(false),
				ReadOnlyRootFilesystem:   new(true),
				Capabilities:             &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
			},
		})
	}
	last := len(containers) - 1
	return &corev1.Pod{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"},
		ObjectMeta: drainMeta(platform.NamespaceSystem),
		Spec: corev1.PodSpec{
			ServiceAccountName: drainName,
			RestartPolicy:      corev1.RestartPolicyOnFailure,
			PriorityClassName:  platform.PriorityCritical,
			Tolerations:        l.drainTolerations(),
			SecurityContext: &corev1.PodSecurityContext{
				RunAsNonRoot:   new(true),
				RunAsUser:      new(int64(65532)),
				RunAsGroup:     new(int64(65532)),
				SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
			},
			InitContainers: containers[:last],
			Containers:     containers[last:],
		},
	}
}

// drainTolerations of all taints of the platform's nodes. To tolerate any would put
// the Pod onto a node that is dead, the emptiest of all.
func (l *Life) drainTolerations() []corev1.Toleration {
	all := []corev1.Toleration{{Key: "CriticalAddonsOnly", Operator: corev1.TolerationOpExists}}
	for _, g := range l.xr.Spec.NodeGroups {
		for _, taint := range g.Taints {
			if t := (corev1.Toleration{Key: taint.Key, Operator: corev1.TolerationOpExists}); !slices.Contains(all, t) {
				all = append(all, t)
			}
		}
	}
	return all
}
