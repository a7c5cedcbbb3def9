package platform

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/fn/read"
)

// Argo CD and Flux on the control plane deploy into clusters. They find those, and what
// there is to know of a platform, in objects of Kubernetes' own, which Crossplane makes
// beside them. None holds credentials: both act in a cluster as an IAM role does, so
// there is no copy of a token that would be old within minutes.

// Keys of what lets others on the control plane deploy into the cluster.
const (
	keyArgoCD = "argocd"
	keyFlux   = "flux.kubeconfig"
)

// Deployers are the keys of what lets others on the control plane deploy into a cluster,
// be it that the platform team has taken it back since.
func Deployers() []string { return []string{keyArgoCD, keyFlux} }

// composeArgoCD registers the cluster with Argo CD, with the facts on it: as annotations,
// and as labels, by which an ApplicationSet selects clusters, where a label takes them.
// https://argo-cd.readthedocs.io/en/stable/operator-manual/applicationset/Generators-Cluster/
func (pf *Platform) composeArgoCD(l *plan.Layer) {
	policy := pf.contract.policy.Facts.ArgoCD
	if policy == nil {
		return // The claim is refused.
	}
	l.Add(keyArgoCD, func(n *plan.Node) runtime.Object {
		n.At(policy.Namespace, "")
		pf.deploys(n, policy.RoleArn)
		told := pf.tell(n.Observed().Annotation)
		labels := map[string]string{labelArgoCD: argoCDsOwn}
		for key, value := range told {
			if len(validation.IsValidLabelValue(value)) == 0 {
				labels[key] = value
			}
		}
		return &corev1.Secret{
			TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"},
			ObjectMeta: metav1.ObjectMeta{Labels: labels, Annotations: told},
			Type:       corev1.SecretTypeOpaque,
			Data: map[string][]byte{
				// No two of one name may be registered, and a name is one platform's in a region.
				"name":   []byte(pf.contract.ownerID()),
				"server": []byte(n.Use(pf.Cluster.Value(read.Cluster.Endpoint))),
				"config": []byte(n.JSON(map[string]any{
					"awsAuthConfig":   awsAuthConfig(pf.contract.name, policy.RoleArn),
					"tlsClientConfig": map[string]any{"insecure": false, "caData": n.Use(pf.Cluster.Value(read.Cluster.Authority))},
				})),
			},
		}
	}).ReadyWhen(plan.Exists)
}

// awsAuthConfig is how Argo CD gets into the cluster.
func awsAuthConfig(cluster, role string) map[string]any {
	config := map[string]any{"clusterName": cluster}
	if role != "" {
		config["roleARN"] = role
	}
	return config
}

// composeFlux gives Flux a way into the cluster, for spec.kubeConfig.configMapRef, and
// the facts, for postBuild.substituteFrom. They are two, because Flux takes from the
// second no key that is no variable's name.
// https://fluxcd.io/flux/components/kustomize/kustomizations/#kubeconfig-remote-clusters
func (pf *Platform) composeFlux(l *plan.Layer) {
	policy := pf.contract.policy.Facts.Flux
	if policy == nil {
		return // The claim is refused.
	}
	l.Add(keyFlux, func(n *plan.Node) runtime.Object {
		n.At(pf.contract.besideFlux(suffixConfig))
		pf.deploys(n, policy.RoleArn)
		data := map[string]string{
			"provider": "aws",
			"cluster":  n.Use(pf.Cluster.Value(read.Cluster.ARN)),
			"address":  n.Use(pf.Cluster.Value(read.Cluster.Endpoint)),
		}
		// Without it Flux asks EKS.
		if pem, err := base64.StdEncoding.DecodeString(n.Use(pf.Cluster.Value(read.Cluster.Authority))); err == nil {
			data["ca.crt"] = string(pem)
		}
		return &corev1.ConfigMap{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"}, Data: data}
	}).ReadyWhen(plan.Exists)
	l.Add("flux.facts", func(n *plan.Node) runtime.Object {
		n.At(pf.contract.besideFlux(suffixFacts))
		n.After(pf.Cluster)
		return pf.factsMap(n, read.ConfigMap.Data, metav1.ObjectMeta{})
	}).ReadyWhen(plan.Exists)
}

// deploys says that whoever finds the node's object deploys into the cluster, as a role
// if there is one: so it comes once there are nodes, the controllers that act on what is
// deployed, and the role's rights; and goes before any of them.
func (pf *Platform) deploys(n *plan.Node, role string) {
	n.After(pf.NodeGroups...)
	n.After(pf.Controllers...)
	n.After(pf.cluster.admins[role])
}

// admins of the cluster: the claim's, and those who deploy from the control plane.
func (c *contract) admins() []string {
	all := slices.Clone(c.spec.Cluster.Admins)
	add := func(asked bool, role string) {
		if asked && role != "" && !slices.Contains(all, role) {
			all = append(all, role)
		}
	}
	wish := c.facts()
	if p := c.policy.Facts.ArgoCD; p != nil {
		add(wish.ArgoCD, p.RoleArn)
	}
	if p := c.policy.Facts.Flux; p != nil {
		add(wish.Flux, p.RoleArn)
	}
	return all
}

// besideFlux is where something is that a Kustomization refers to: beside the claim and
// called after it, or in the namespace of the policy, where claims of several namespaces
// meet. No namespace has a dot.
func (c *contract) besideFlux(suffix string) (namespace, name string) {
	if at := c.policy.Facts.Flux.Namespace; at != "" && at != c.home {
		if c.home != "" {
			return at, fitName(maxConfigMapName, c.home+"."+c.wisher+suffix)
		}
		return at, fitName(maxConfigMapName, c.wisher+suffix)
	}
	return c.home, fitName(maxConfigMapName, c.wisher+suffix)
}

// refuseGitOps refuses to tell Argo CD or Flux of the cluster where the policy doesn't
// say they may be told, or they can't be from where the composite is.
func refuseGitOps(c *contract, namespace string) error {
	var errs []error
	elsewhere := func(field, at string) {
		if namespace != "" && at != "" && at != namespace {
			errs = append(errs, fmt.Errorf("spec.facts.%s: can't be in the namespace %s, to which all that a namespaced composite is made of is bound; ask the platform team for one in %s (facts.%s.namespace of the function's input)", field, namespace, at, field))
		}
	}
	const not = "spec.facts.%s: is not allowed here; leave it out, or ask the platform team (facts.%s of the function's input)"
	wish, policy := c.facts(), c.policy.Facts
	switch {
	case !wish.ArgoCD:
	case policy.ArgoCD == nil || policy.ArgoCD.Namespace == "":
		errs = append(errs, fmt.Errorf(not, "argoCD", "argoCD"))
	default:
		elsewhere("argoCD", policy.ArgoCD.Namespace)
	}
	switch {
	case !wish.Flux:
	case policy.Flux == nil:
		errs = append(errs, fmt.Errorf(not, "flux", "flux"))
	case policy.Flux.Namespace == "" && c.home == "":
		errs = append(errs, errors.New("spec.facts.flux: needs a claim, beside which Flux finds the cluster, or a namespace (facts.flux.namespace of the function's input)"))
	default:
		elsewhere("flux", policy.Flux.Namespace)
	}
	return errors.Join(errs...)
}
