package platform_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/xplatform-dev/function-xplatform/test/world"
)

// TestNoGrantOnEverything: an action is granted on every resource only if it
// reads, and is one of those IAM has no useful finer grain for.
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
func TestNoGrantOnEverything(t *testing.T) {
	t.Parallel()
	reads := regexp.MustCompile(`^((autoscaling|ec2|elasticloadbalancing|acm):(Describe|List|Get)[A-Za-z]+` +
		`|iam:(Get|List)ServerCertificates?|cognito-idp:DescribeUserPoolClient|route53:ListHostedZones)$`)
	rsp := world.New(t, "platform-production.yaml").Settle()
	for _, key := range world.KindsOf(rsp, "RolePolicy") {
		for _, s := range parse(t, world.At(rsp, key, "spec.forProvider.policy")).Statement {
			for _, r := range s.Resource {
				if r == "*" {
					for _, a := range s.Action {
						if !reads.MatchString(a) {
							t.Errorf("%s: grants %s on everything", key, a)
						}
					}
					continue
				}
				// arn:partition:service:region:account:resource, all of this
				// platform's.
				parts := strings.SplitN(r, ":", 6)
				if len(parts) != 6 || parts[0] != "arn" || parts[1] != "aws" || parts[5] == "*" || parts[5] == "" {
					t.Errorf("%s: %s is no ARN of some resources", key, r)
					continue
				}
				global := parts[2] == "iam" || parts[2] == "route53"
				if !global && parts[3] != "ap-northeast-1" || global && parts[3] != "" || parts[2] != "route53" && parts[4] != "123456789012" && !strings.HasPrefix(parts[5], "vpc/vpc-") {
					t.Errorf("%s: %s is in no account and region of ours", key, r)
				}
			}
		}
	}
}

// TestNoActionTwice: two statements that grant the same on the same make one
// believe the narrower counts.
func TestNoActionTwice(t *testing.T) {
	t.Parallel()
	rsp := world.New(t, "platform-production.yaml").Settle()
	for _, key := range world.KindsOf(rsp, "RolePolicy") {
		unconditional := map[string]bool{}
		p := parse(t, world.At(rsp, key, "spec.forProvider.policy"))
		for _, s := range p.Statement {
			for _, a := range s.Action {
				for _, r := range s.Resource {
					if len(s.Condition) == 0 {
						if unconditional[a+" "+r] {
							t.Errorf("%s: grants %s on %s twice", key, a, r)
						}
						unconditional[a+" "+r] = true
					}
				}
			}
		}
		for _, s := range p.Statement {
			for _, a := range s.Action {
				if len(s.Condition) > 0 && (slices.ContainsFunc(s.Resource, func(r string) bool { return unconditional[a+" "+r] }) || unconditional[a+" *"]) {
					t.Errorf("%s: the condition on %s is idle: it is granted without one", key, a)
				}
			}
		}
	}
}

// TestControllersActions: what each controller may do to what, the changes only.
func TestControllersActions(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		key    string
		// action, resource and condition every granted change must have.
		action    string
		resource  string
		condition map[string]string
	}{
		"AutoscalerResizes": {
			reason:    "The autoscaler should resize groups of this cluster only.",
			key:       "cluster-autoscaler.policy",
			action:    "autoscaling:SetDesiredCapacity",
			resource:  "arn:aws:autoscaling:ap-northeast-1:123456789012:autoScalingGroup:*:autoScalingGroupName/*",
			condition: map[string]string{"aws:ResourceTag/k8s.io/cluster-autoscaler/team-a-production": "owned"},
		},
		"AutoscalerTerminates": {
			reason:    "The autoscaler should end instances of this cluster only.",
			key:       "cluster-autoscaler.policy",
			action:    "autoscaling:TerminateInstanceInAutoScalingGroup",
			resource:  "arn:aws:autoscaling:ap-northeast-1:123456789012:autoScalingGroup:*:autoScalingGroupName/*",
			condition: map[string]string{"aws:ResourceTag/k8s.io/cluster-autoscaler/team-a-production": "owned"},
		},
		"AutoscalerReads": {
			reason:   "The autoscaler should read node groups of this cluster only.",
			key:      "cluster-autoscaler.policy",
			action:   "eks:DescribeNodegroup",
			resource: "arn:aws:eks:ap-northeast-1:123456789012:nodegroup/team-a-production/*/*",
		},
		"LoadBalancersAreDeleted": {
			reason:    "The controller should delete load balancers of this cluster only.",
			key:       "aws-load-balancer-controller.policy",
			action:    "elasticloadbalancing:DeleteLoadBalancer",
			condition: map[string]string{"aws:ResourceTag/elbv2.k8s.aws/cluster": "team-a-production"},
		},
		"LoadBalancersAreMade": {
			reason:    "The controller should make load balancers that say whose they are.",
			key:       "aws-load-balancer-controller.policy",
			action:    "elasticloadbalancing:CreateLoadBalancer",
			condition: map[string]string{"aws:RequestTag/elbv2.k8s.aws/cluster": "team-a-production"},
		},
		"SecurityGroupsAreDeleted": {
			reason:    "The controller should delete security groups of this cluster only.",
			key:       "aws-load-balancer-controller.policy",
			action:    "ec2:DeleteSecurityGroup",
			resource:  "arn:aws:ec2:ap-northeast-1:123456789012:security-group/*",
			condition: map[string]string{"aws:ResourceTag/elbv2.k8s.aws/cluster": "team-a-production"},
		},
		"ServiceLinkedRole": {
			reason:    "The controller should make no other role than load balancing's own.",
			key:       "aws-load-balancer-controller.policy",
			action:    "iam:CreateServiceLinkedRole",
			condition: map[string]string{"iam:AWSServiceName": "elasticloadbalancing.amazonaws.com"},
		},
	}
	rsp := world.New(t, "platform-production.yaml").Settle()
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			found := 0
			for _, s := range parse(t, world.At(rsp, tc.key, "spec.forProvider.policy")).Statement {
				if !slices.Contains(s.Action, tc.action) {
					continue
				}
				found++
				if tc.resource != "" && !slices.Equal(s.Resource, []string{tc.resource}) {
					t.Errorf("\n%s\nwant resource %s, got %v", tc.reason, tc.resource, s.Resource)
				}
				for k, v := range tc.condition {
					if s.Condition["StringEquals"][k] != v {
						t.Errorf("\n%s\nwant %s to be %s, got %v", tc.reason, k, v, s.Condition)
					}
				}
			}
			if found == 0 {
				t.Errorf("\n%s\nnothing grants %s", tc.reason, tc.action)
			}
		})
	}
}

// TestExternalDNSActions: ExternalDNS changes records of its zone.
func TestExternalDNSActions(t *testing.T) {
	t.Parallel()
	rsp := world.With(t, "{region: eu-central-1, dns: {domain: dev.example.com, zoneId: Z0123456789}}").Settle()
	for _, s := range parse(t, world.At(rsp, "external-dns.policy", "spec.forProvider.policy")).Statement {
		if slices.Contains(s.Action, "route53:ListHostedZones") {
			continue
		}
		if want := []string{"arn:aws:route53:::hostedzone/Z0123456789"}; !slices.Equal(s.Resource, want) {
			t.Errorf("want %v on %v only, got %v", s.Action, want, s.Resource)
		}
	}
}

// TestPolicyIsUpstreams: every action the controller's authors grant is granted,
// but for the features our values switch off.
// https://github.com/kubernetes-sigs/aws-load-balancer-controller/blob/v3.5.0/docs/install/iam_policy.json
func TestPolicyIsUpstreams(t *testing.T) {
	t.Parallel()
	upstream := strings.Fields(`
		iam:CreateServiceLinkedRole
		ec2:DescribeAccountAttributes ec2:DescribeAddresses ec2:DescribeAvailabilityZones ec2:DescribeInternetGateways
		ec2:DescribeVpcs ec2:DescribeVpcPeeringConnections ec2:DescribeSubnets ec2:DescribeSecurityGroups
		ec2:DescribeInstances ec2:DescribeNetworkInterfaces ec2:DescribeTags ec2:DescribeCoipPools ec2:DescribeIpamPools
		ec2:DescribeRouteTables ec2:GetCoipPoolUsage ec2:GetSecurityGroupsForVpc
		elasticloadbalancing:DescribeLoadBalancers elasticloadbalancing:DescribeLoadBalancerAttributes
		elasticloadbalancing:DescribeListeners elasticloadbalancing:DescribeListenerCertificates
		elasticloadbalancing:DescribeListenerAttributes elasticloadbalancing:DescribeSSLPolicies
		elasticloadbalancing:DescribeRules elasticloadbalancing:DescribeTargetGroups
		elasticloadbalancing:DescribeTargetGroupAttributes elasticloadbalancing:DescribeTargetHealth
		elasticloadbalancing:DescribeTags elasticloadbalancing:DescribeTrustStores elasticloadbalancing:DescribeCapacityReservation
		cognito-idp:DescribeUserPoolClient acm:ListCertificates acm:DescribeCertificate
		iam:ListServerCertificates iam:GetServerCertificate
		ec2:AuthorizeSecurityGroupIngress ec2:RevokeSecurityGroupIngress ec2:CreateSecurityGroup ec2:DeleteSecurityGroup
		ec2:CreateTags ec2:DeleteTags
		elasticloadbalancing:CreateLoadBalancer elasticloadbalancing:CreateTargetGroup
		elasticloadbalancing:CreateListener elasticloadbalancing:DeleteListener elasticloadbalancing:CreateRule elasticloadbalancing:DeleteRule
		elasticloadbalancing:AddTags elasticloadbalancing:RemoveTags
		elasticloadbalancing:ModifyLoadBalancerAttributes elasticloadbalancing:SetIpAddressType
		elasticloadbalancing:SetSecurityGroups elasticloadbalancing:SetSubnets elasticloadbalancing:DeleteLoadBalancer
		elasticloadbalancing:ModifyTargetGroup elasticloadbalancing:ModifyTargetGroupAttributes elasticloadbalancing:DeleteTargetGroup
		elasticloadbalancing:ModifyListenerAttributes elasticloadbalancing:ModifyCapacityReservation elasticloadbalancing:ModifyIpPools
		elasticloadbalancing:RegisterTargets elasticloadbalancing:DeregisterTargets
		elasticloadbalancing:ModifyListener elasticloadbalancing:AddListenerCertificates
		elasticloadbalancing:RemoveListenerCertificates elasticloadbalancing:ModifyRule elasticloadbalancing:SetRulePriorities
	`)
	slices.Sort(upstream)
	rsp := world.New(t, "platform-production.yaml").Settle()
	var granted []string
	for _, s := range parse(t, world.At(rsp, "aws-load-balancer-controller.policy", "spec.forProvider.policy")).Statement {
		granted = append(granted, s.Action...)
	}
	slices.Sort(granted)
	granted = slices.Compact(granted)
	for _, a := range upstream {
		if !slices.Contains(granted, a) {
			t.Errorf("%s is not granted", a)
		}
	}
	for _, a := range granted {
		if !slices.Contains(upstream, a) {
			t.Errorf("%s is granted, though not upstream", a)
		}
	}
}
