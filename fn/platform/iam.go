package platform

import (
	"cmp"
	"maps"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"k8s.io/apimachinery/pkg/runtime"

	eksv1 "github.com/upbound/provider-aws/v2/apis/namespaced/eks/v1beta1"
	iamv1 "github.com/upbound/provider-aws/v2/apis/namespaced/iam/v1beta1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/fn/read"
)

// A statement of an IAM policy document.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
type statement struct {
	Effect    string             `json:"Effect"`
	Principal map[string]string  `json:"Principal,omitempty"`
	Action    []string           `json:"Action"`
	Resource  []string           `json:"Resource,omitempty"`
	Condition map[string]matches `json:"Condition,omitempty"`
}

// matches are the keys and values of one condition operator.
type matches map[string]string

// and is both.
func (m matches) and(more matches) matches {
	all := matches{}
	maps.Copy(all, m)
	maps.Copy(all, more)
	return all
}

func allowActions(actions []string, resources ...string) statement {
	return statement{Effect: "Allow", Action: actions, Resource: resources}
}

func (s statement) when(operator string, m matches) statement {
	all := maps.Clone(s.Condition)
	if all == nil {
		all = map[string]matches{}
	}
	all[operator] = m.and(all[operator])
	s.Condition = all
	return s
}

// policyDocument is the JSON of a policy. Go writes maps in order, so it is the same
// each time.
func policyDocument(n *plan.Node, ss ...statement) *string {
	return new(n.JSON(struct {
		Version   string      `json:"Version"`
		Statement []statement `json:"Statement"`
	}{"2012-10-17", ss}))
}

// A trust is the document that says who may act as a role.
type trust func(n *plan.Node) *string

// trustService lets an AWS service act as a role.
func trustService(service string) trust {
	return func(n *plan.Node) *string {
		return policyDocument(n, statement{
			Effect:    "Allow",
			Principal: map[string]string{"Service": service},
			Action:    []string{"sts:AssumeRole"},
		})
	}
}

// addRole that whom assume trusts may act as.
func addRole(l *plan.Layer, c *contract, key, name string, assume trust) *plan.Node {
	return l.Add(key, func(n *plan.Node) runtime.Object {
		return &iamv1.Role{ObjectMeta: externallyNamed(c.global(name)), Spec: iamv1.RoleSpec{ForProvider: iamv1.RoleParameters{
			AssumeRolePolicy:    assume(n),
			PermissionsBoundary: nonEmpty(cmp.Or(c.policy.PermissionsBoundary, c.spec.IAM.PermissionsBoundary)),
			Tags:                c.tags(c.global(name)),
		}}}
	})
}

// attachPolicy that AWS maintains to a role.
func attachPolicy(l *plan.Layer, c *contract, key string, to *plan.Node, policy string) *plan.Node {
	return l.Add(key, func(n *plan.Node) runtime.Object {
		return &iamv1.RolePolicyAttachment{Spec: iamv1.RolePolicyAttachmentSpec{ForProvider: iamv1.RolePolicyAttachmentParameters{
			RoleRef:   n.Ref(to),
			PolicyArn: c.managedPolicy(policy),
		}}}
	})
}

// An identity is the IAM role a service account acts as.
type identity struct {
	role *plan.Node
	// ready once pods that start with the service account get the role.
	ready *plan.Node
	// annotation on the service account that makes it so; none with Pod
	// Identity.
	annotation plan.Value
}

// addIdentity lets a service account act as a role of its own.
func addIdentity(l *plan.Layer, c *contract, eks *cluster, key string, sa serviceAccount) identity {
	if c.spec.Identity == v1alpha1.IdentityIRSA {
		actor := addRole(l, c, key+".role", sa.name, trustIssuer(eks, sa))
		return identity{role: actor, ready: actor, annotation: actor.Value(read.Role.ARN)}
	}
	actor := addRole(l, c, key+".role", sa.name, trustPods(c, sa))
	// The association names a service account that need not exist yet, and
	// works only for pods that start after it is known everywhere, which takes
	// seconds. So it is made as soon as the cluster is there, minutes before
	// the first node.
	association := l.Add(key+".identity", func(n *plan.Node) runtime.Object {
		return &eksv1.PodIdentityAssociation{Spec: eksv1.PodIdentityAssociationSpec{ForProvider: eksv1.PodIdentityAssociationParameters_2{
			Region:         c.region(),
			ClusterNameRef: n.Ref(eks.node),
			Namespace:      new(sa.namespace),
			ServiceAccount: new(sa.name),
			RoleArnRef:     n.Ref(actor),
			Tags:           c.tags(c.regional(sa.name)),
		}}}
	})
	return identity{role: actor, ready: association}
}

// trustPods with one service account of one cluster.
// https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html
func trustPods(c *contract, sa serviceAccount) trust {
	return func(n *plan.Node) *string {
		return policyDocument(n, statement{
			Effect:    "Allow",
			Principal: map[string]string{"Service": "pods.eks.amazonaws.com"},
			Action:    []string{"sts:AssumeRole", "sts:TagSession"},
		}.when("StringEquals", matches{
			"aws:RequestTag/eks-cluster-name":           c.name,
			"aws:RequestTag/kubernetes-namespace":       sa.namespace,
			"aws:RequestTag/kubernetes-service-account": sa.name,
		}))
	}
}

// trustIssuer of the cluster's tokens, for one service account.
// https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html
func trustIssuer(eks *cluster, sa serviceAccount) trust {
	return func(n *plan.Node) *string {
		issuer := strings.TrimPrefix(n.Use(eks.issuer), "https://")
		return policyDocument(n, statement{
			Effect:    "Allow",
			Principal: map[string]string{"Federated": n.Use(eks.oidc.Value(read.OpenIDConnectProvider.ARN))},
			Action:    []string{"sts:AssumeRoleWithWebIdentity"},
		}.when("StringEquals", matches{
			issuer + ":aud": audienceSTS,
			issuer + ":sub": "system:serviceaccount:" + sa.namespace + ":" + sa.name,
		}))
	}
}

// issuerARN is what IAM knows its trust in the cluster's issuer by. It can be told
// beforehand, so whoever makes it finds it again.
func issuerARN(n *plan.Node, eks *cluster) string {
	a, err := arn.Parse(n.Use(eks.node.Value(read.Cluster.ARN)))
	if err != nil {
		return "" // Not known yet, so this object is not composed.
	}
	a.Service, a.Region, a.Resource = "iam", "", "oidc-provider/"+strings.TrimPrefix(n.Use(eks.issuer), "https://")
	return a.String()
}

// grantPolicy gives a role a policy of its own, an inline one: its limit of 10,240
// characters holds the load balancer controller's, a managed policy's of 6,144
// doesn't if the cluster has a long name. The account the policy is for is read
// off the role.
func grantPolicy(l *plan.Layer, key string, to *plan.Node, name string, statements permissions) *plan.Node {
	return l.Add(key, func(n *plan.Node) runtime.Object {
		a, err := arn.Parse(n.Use(to.Value(read.Role.ARN)))
		if err != nil {
			// Not known yet, so this object is not composed.
			a = arn.ARN{}
		}
		return &iamv1.RolePolicy{ObjectMeta: externallyNamed(name), Spec: iamv1.RolePolicySpec{ForProvider: iamv1.RolePolicyParameters{
			RoleRef: n.Ref(to),
			Policy:  policyDocument(n, statements(n, a.AccountID)...),
		}}}
	})
}
