package platform

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/runtime"

	xpv1 "github.com/crossplane/crossplane-runtime/v2/apis/common/v1"
	cwlv1 "github.com/upbound/provider-aws/v2/apis/namespaced/cloudwatchlogs/v1beta1"
	eksv1 "github.com/upbound/provider-aws/v2/apis/namespaced/eks/v1beta1"
	iamv1 "github.com/upbound/provider-aws/v2/apis/namespaced/iam/v1beta1"
	kmsv1 "github.com/upbound/provider-aws/v2/apis/namespaced/kms/v1beta1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/fn/read"
)

// active is what AWS must say of a cluster or node group before it is ready. The
// provider calls each of them ready as soon as it exists.
const active = "ACTIVE"

// What AWS calls a cluster or node group of which nothing comes any more unless
// somebody does something: to make it anew, for one that could not be made, or to
// mend what its health is about.
// https://docs.aws.amazon.com/eks/latest/APIReference/API_Cluster.html
// https://docs.aws.amazon.com/eks/latest/APIReference/API_Nodegroup.html
//
//nolint:gochecknoglobals // Constant lists.
var (
	failedCluster   = []string{"FAILED"}
	failedNodeGroup = []string{"CREATE_FAILED", "DELETE_FAILED", "DEGRADED"}
)

// succeeded is how the provider says that AWS called an add-on active: it keeps
// no status of add-ons (terraform-provider-aws has none in the schema of its
// internal/service/eks/addon.go), but its creation waits for ACTIVE, and reports here.
// What it reports of one that failed it takes back when it looks again (upjet,
// pkg/controller/external_async_tfpluginsdk.go, Observe), and nothing says better.
func succeeded() plan.Check { return plan.Condition("LastAsyncOperation") }

// KeyKubeconfig is the key ClusterAuth publishes its kubeconfig under.
const KeyKubeconfig = "kubeconfig"

// cluster is the EKS control plane and the way into it.
type cluster struct {
	node *plan.Node
	// auth holds a kubeconfig in a Secret and keeps its token fresh.
	auth *plan.Node
	// beforeNodes are the add-ons without which a node never becomes ready, or
	// a pod never gets its AWS identity.
	beforeNodes []*plan.Node
	// dns is the add-on pods resolve names with; it needs nodes.
	dns *plan.Node
	// issuer of the cluster's service account tokens, and IAM's trust in it;
	// nil without IRSA.
	issuer plan.Value
	oidc   *plan.Node
	// securityGroup is the one EKS gives the cluster and all its nodes.
	securityGroup plan.Value
	// asked is the version EKS is asked for, and version the one that what depends on
	// it is to be at.
	asked, version v1alpha1.KubernetesVersion
	// admins are what lets IAM roles administer it, by their ARNs.
	admins map[string]*plan.Node
	// followers are what has a version that follows the cluster's, in their order.
	followers []follower
}

func composeCluster(p *plan.Plan, c *contract, net *network) *cluster {
	l := p.Layer(v1alpha1.ConditionClusterReady)

	var actor, permissions *plan.Node
	if c.spec.IAM.ClusterRoleArn == "" {
		actor = addRole(l, c, "cluster.role", "cluster", trustService(c.servicePrincipal("eks")))
		permissions = attachPolicy(l, c, "cluster.role.policy", actor, "AmazonEKSClusterPolicy")
	}
	logs := l.Add("cluster.logs", func(*plan.Node) runtime.Object {
		// EKS would create this group by itself, and keep its logs for ever.
		return &cwlv1.Group{ObjectMeta: externallyNamed(c.logGroup()), Spec: cwlv1.GroupSpec{ForProvider: cwlv1.GroupParameters{
			Region:          c.region(),
			RetentionInDays: floatOf(c.spec.Cluster.Logging.RetentionDays),
			Tags:            c.tags(c.name),
		}}}
	})
	key := encryptionKey(l, c)
	node := l.Add(keyCluster, func(n *plan.Node) runtime.Object {
		n.After(permissions, logs)
		return eksCluster(n, c, actor, key, controlPlaneSubnets(n, net))
	}).ReadyWhen(plan.Available, read.Cluster.Status.Is(active, failedCluster...), hasVersion(read.Cluster.AskedVersion, read.Cluster.Version)).Step(read.Cluster.AskedVersion.Field).Lead()

	eks := &cluster{
		node:          node,
		issuer:        node.Value(read.Cluster.Issuer),
		securityGroup: node.Value(read.Cluster.SecurityGroup),
	}
	eks.asked, _ = askVersion(c.spec.Cluster.Version, node.Observed())
	eks.version = followVersion(eks.asked, node.Observed())
	eks.auth = l.Add("cluster.auth", func(n *plan.Node) runtime.Object {
		auth := &eksv1.ClusterAuth{Spec: eksv1.ClusterAuthSpec{ForProvider: eksv1.ClusterAuthParameters{
			Region:         c.spec.Region,
			ClusterNameRef: n.Ref(node),
		}}}
		auth.SetWriteConnectionSecretToReference(&xpv1.LocalSecretReference{Name: n.Name()})
		return auth
	}).ReadyWhen(plan.Available, plan.Published(KeyKubeconfig))

	eks.addBeforeNodes(l, c)
	eks.admins = map[string]*plan.Node{}
	for _, arn := range c.admins() {
		key := textKey("cluster.admin.", arn, func(key string) bool {
			return read.AccessEntry.AskedPrincipal.Of(p.Object(key)) == arn || read.AccessEntry.AskedPrincipal.Of(p.Object(key+".policy")) == arn
		})
		eks.admins[arn] = addAdmin(l, c, node, key, arn)
	}
	return eks
}

// hasVersion is a check that something has the version it is asked to have. Its
// provider waits for an upgrade in the background, and says of it nothing but the
// version, in the end.
func hasVersion(asked, is plan.Text) plan.Check {
	return func(o *plan.Observed) plan.Readiness {
		want := asked.Of(o)
		if want == "" || is.Of(o) == "" {
			return plan.Readiness{Ready: true}
		}
		return is.Is(want)(o)
	}
}

// encryptionKey of the cluster's secrets: the claim's, one of its own, or none.
func encryptionKey(l *plan.Layer, c *contract) plan.Value {
	s := c.spec.Cluster.SecretsEncryption
	if !s.Enabled || s.KMSKeyArn != "" {
		return plan.Static(s.KMSKeyArn)
	}
	return l.Add("cluster.key", func(*plan.Node) runtime.Object {
		return &kmsv1.Key{Spec: kmsv1.KeySpec{ForProvider: kmsv1.KeyParameters{
			Region:            c.region(),
			Description:       new("Secrets of the EKS cluster " + c.name),
			EnableKeyRotation: new(true),
			Tags:              c.tags(c.name),
		}}}
	}).Value(read.Key.ARN)
}

// addBeforeNodes adds what must be there before the first node: how pods get
// their AWS identity, and the add-ons of the network.
func (eks *cluster) addBeforeNodes(l *plan.Layer, c *contract) {
	names := []string{"vpc-cni", addonProxy}
	if c.spec.Identity == v1alpha1.IdentityIRSA {
		eks.oidc = l.Add("cluster.oidc", func(n *plan.Node) runtime.Object {
			return &iamv1.OpenIDConnectProvider{ObjectMeta: externallyNamed(issuerARN(n, eks)), Spec: iamv1.OpenIDConnectProviderSpec{ForProvider: iamv1.OpenIDConnectProviderParameters{
				URL:          new(n.Use(eks.issuer)),
				ClientIDList: pointersTo([]string{audienceSTS}),
				Tags:         c.tags(c.name),
			}}}
		})
	} else {
		names = append(names, "eks-pod-identity-agent")
	}
	for _, name := range names {
		eks.beforeNodes = append(eks.beforeNodes, addAddon(l, c, name, eks, nil))
	}
}

// controlPlaneSubnets are all private ones, or those a cluster was created in: EKS
// can't move a control plane into another zone. Nodes can live in any of them.
func controlPlaneSubnets(n *plan.Node, net *network) []*plan.Node {
	all := subnetNodes(net.private)
	chosen := slices.DeleteFunc(read.Cluster.SubnetRefs.Of(n.Observed()), func(name string) bool { return name == "" })
	if len(chosen) == 0 {
		return all
	}
	return slices.DeleteFunc(all, func(s *plan.Node) bool { return !slices.Contains(chosen, s.Name()) })
}

func eksCluster(n *plan.Node, c *contract, actor *plan.Node, key plan.Value, subnets []*plan.Node) *eksv1.Cluster {
	s := c.spec.Cluster
	version, acted := askVersion(s.Version, n.Observed())
	md := externallyNamed(c.name)
	md.Labels = map[string]string{LabelName: c.name, LabelRegion: c.spec.Region}
	eks := &eksv1.Cluster{ObjectMeta: md, Spec: eksv1.ClusterSpec{ForProvider: eksv1.ClusterParameters{
		Region:     c.region(),
		Version:    new(string(version)),
		RoleArnRef: n.Ref(actor),
		RoleArn:    nonEmpty(c.spec.IAM.ClusterRoleArn),
		AccessConfig: &eksv1.AccessConfigParameters{
			AuthenticationMode: new("API"),
			// The provider's own identity: provider-helm comes in with it.
			BootstrapClusterCreatorAdminPermissions: new(true),
		},
		// With EKS's own copies of the add-ons in the way, ours could neither
		// be configured nor removed. Immutable.
		BootstrapSelfManagedAddons: new(false),
		DeletionProtection:         new(s.DeletionProtection),
		EnabledClusterLogTypes:     pointersTo(s.Logging.Types),
		UpgradePolicy:              &eksv1.UpgradePolicyParameters{SupportType: new(supportTypes[s.SupportType])},
		VPCConfig: &eksv1.VPCConfigParameters{
			SubnetIDRefs:          n.Refs(subnets...),
			EndpointPrivateAccess: new(s.EndpointAccess.Private),
			EndpointPublicAccess:  new(s.EndpointAccess.Public),
		},
		Tags: c.tags(c.name),
	}}}
	eks.Annotations[annotationVersion] = string(acted)
	n.Final(read.Protected.Asked.Field)
	if s.EndpointAccess.Public {
		eks.Spec.ForProvider.VPCConfig.PublicAccessCidrs = pointersTo(s.EndpointAccess.PublicCIDRs)
	}
	if s.SecretsEncryption.Enabled {
		eks.Spec.ForProvider.EncryptionConfig = &eksv1.EncryptionConfigParameters{
			Provider:  &eksv1.ProviderParameters{KeyArn: new(n.Use(key))},
			Resources: pointersTo([]string{"secrets"}),
		}
	}
	return eks
}

//nolint:gochecknoglobals // A constant table.
var supportTypes = map[string]string{"Standard": "STANDARD", "Extended": "EXTENDED"}

// addAddon to the cluster, at the version the claim pins, or that this release was
// tested with.
func addAddon(l *plan.Layer, c *contract, name string, eks *cluster, actor *plan.Node, after ...*plan.Node) *plan.Node {
	pinned := ""
	for _, pin := range c.spec.Cluster.Addons {
		if pin.Name == name {
			pinned = pin.Version
		}
	}
	node := l.Add("addon."+name, func(n *plan.Node) runtime.Object {
		n.After(after...)
		a := &eksv1.Addon{Spec: eksv1.AddonSpec{ForProvider: eksv1.AddonParameters{
			Region:         c.region(),
			ClusterNameRef: n.Ref(eks.node),
			AddonName:      new(name),
			AddonVersion:   nonEmpty(addonAsked(name, pinned, eks.version, n.Observed())),
			// With IRSA EKS itself annotates the add-on's service account.
			ServiceAccountRoleArnRef: n.Ref(actor),
			// Ours are the only ones, so there is no one to be considerate of.
			ResolveConflictsOnCreate: new("OVERWRITE"),
			ResolveConflictsOnUpdate: new("OVERWRITE"),
			Tags:                     c.tags(c.regional(name)),
		}}}
		a.Spec.ForProvider.ConfigurationValues = nonEmpty(addonConfiguration[name])
		return a
	}).ReadyWhen(plan.Available, succeeded(), hasVersion(read.Addon.AskedVersion, read.Addon.Version)).Step(read.Addon.AskedVersion.Field)
	eks.followers = append(eks.followers, follower{node: node, asked: read.Addon.AskedVersion, at: func(v v1alpha1.KubernetesVersion) string {
		return addonAsked(name, pinned, v, nil)
	}})
	if name == addonProxy {
		eks.waitFor("spec.cluster.addons", name, pinned)
	}
	return node
}

// waitFor what is pinned to a version in a field of the claim, "" if it isn't: before
// it is further behind the control plane than Kubernetes lets it be, the next step of
// the cluster is held.
func (eks *cluster) waitFor(field, what, pinned string) {
	if oldest := minorOf(eks.asked) - nodeSkew; pinned != "" && minorOf(pinned) < oldest {
		eks.node.Hold(fmt.Sprintf("%s: %s is pinned to %s, and Kubernetes %s takes 1.%d or newer", field, what, pinned, eks.asked, oldest))
	}
}

// addonConfiguration is what add-ons are told beside their version, by name, in
// JSON.
//
//nolint:gochecknoglobals // A constant table.
var addonConfiguration = map[string]string{
	// EKS marks no storage class as the default any more, and without one a claim
	// for a volume that names none waits for ever. The driver calls this one
	// ebs-csi-default-sc; its volumes are gp3, and encrypted if the account
	// encrypts by default. The driver's chart can make one that always encrypts
	// (storageClasses), but EKS refuses what is not in its own schema of the
	// add-on, and nothing says that this is.
	// https://github.com/kubernetes-sigs/aws-ebs-csi-driver/blob/master/charts/aws-ebs-csi-driver/templates/ebs-csi-default-sc.yaml
	"aws-ebs-csi-driver": `{"defaultStorageClass":{"enabled":true}}`,
}

// addAdmin lets an IAM role administer the cluster, once the node it returns is ready.
// https://docs.aws.amazon.com/eks/latest/userguide/access-entries.html
func addAdmin(l *plan.Layer, c *contract, eks *plan.Node, key, arn string) *plan.Node {
	entry := l.Add(key, func(n *plan.Node) runtime.Object {
		return &eksv1.AccessEntry{Spec: eksv1.AccessEntrySpec{ForProvider: eksv1.AccessEntryParameters{
			Region:         c.region(),
			ClusterNameRef: n.Ref(eks),
			PrincipalArn:   new(arn),
			Tags:           c.tags(c.name),
		}}}
	})
	return l.Add(key+".policy", func(n *plan.Node) runtime.Object {
		n.After(entry)
		return &eksv1.AccessPolicyAssociation{Spec: eksv1.AccessPolicyAssociationSpec{ForProvider: eksv1.AccessPolicyAssociationParameters{
			Region:         c.region(),
			ClusterNameRef: n.Ref(eks),
			PrincipalArn:   new(arn),
			PolicyArn:      new("arn:" + c.partition + ":eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"),
			AccessScope:    &eksv1.AccessScopeParameters{Type: new("cluster")},
		}}}
	})
}

func (eks *cluster) status(c *contract) v1alpha1.ClusterStatus {
	o := eks.node.Observed()
	s := v1alpha1.ClusterStatus{
		Name:            c.name,
		ARN:             read.Cluster.ARN.Of(o),
		Endpoint:        read.Cluster.Endpoint.Of(o),
		OIDCIssuer:      read.Cluster.Issuer.Of(o),
		SecurityGroupID: read.Cluster.SecurityGroup.Of(o),
		Version:         read.Cluster.Version.Of(o),
	}
	if len(eks.auth.Observed().ConnectionDetail(KeyKubeconfig)) > 0 {
		s.KubeconfigSecretRef = &v1alpha1.SecretReference{Name: eks.auth.Name(), Namespace: eks.auth.Namespace(), Key: KeyKubeconfig}
	}
	return s
}
