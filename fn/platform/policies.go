package platform

import (
	"github.com/xplatform-dev/function-xplatform/fn/plan"
)

// What the controllers may do in AWS. An action that changes something is granted
// on the platform's own resources only, one that reads on every resource where
// IAM knows no finer grain, or nobody knows beforehand what will be read.

// permissions of a role, in an account.
type permissions func(n *plan.Node, account string) []statement

// autoscalerPolicy reads all Auto Scaling groups and resizes those of this
// cluster.
// https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/cloudprovider/aws/README.md
func autoscalerPolicy(c *contract) permissions {
	return func(_ *plan.Node, account string) []statement {
		arn := func(service, resource string) string {
			return "arn:" + c.partition + ":" + service + ":" + c.spec.Region + ":" + account + ":" + resource
		}
		return []statement{
			allowActions([]string{
				"autoscaling:DescribeAutoScalingGroups",
				"autoscaling:DescribeAutoScalingInstances",
				"autoscaling:DescribeLaunchConfigurations",
				"autoscaling:DescribeScalingActivities",
				"ec2:DescribeImages",
				"ec2:DescribeInstanceTypes",
				"ec2:DescribeLaunchTemplateVersions",
				"ec2:GetInstanceTypesFromInstanceRequirements",
			}, "*"),
			allowActions([]string{"eks:DescribeNodegroup"}, arn("eks", "nodegroup/"+c.name+"/*/*")),
			allowActions([]string{
				"autoscaling:SetDesiredCapacity",
				"autoscaling:TerminateInstanceInAutoScalingGroup",
			}, arn("autoscaling", "autoScalingGroup:*:autoScalingGroupName/*")).
				when("StringEquals", matches{"aws:ResourceTag/" + c.tagAutoscalerCluster(): "owned"}),
		}
	}
}

// externalDNSPolicy writes records of one zone.
// https://kubernetes-sigs.github.io/external-dns/latest/docs/tutorials/aws/
func externalDNSPolicy(c *contract, zone *hostedZone) permissions {
	return func(n *plan.Node, _ string) []statement {
		return []statement{
			allowActions([]string{
				"route53:ChangeResourceRecordSets",
				"route53:ListResourceRecordSets",
			}, "arn:"+c.partition+":route53:::hostedzone/"+n.Use(zone.id)),
			allowActions([]string{"route53:ListHostedZones"}, "*"),
		}
	}
}

// loadBalancerPolicy is the policy the controller's authors publish, without
// the features our values switch off, and narrowed from "tagged for any
// cluster" to "tagged for this one".
// https://github.com/kubernetes-sigs/aws-load-balancer-controller/blob/v3.5.0/docs/install/iam_policy.json
func loadBalancerPolicy(c *contract, net *network) permissions {
	return func(n *plan.Node, account string) []statement {
		arn := func(service, resource string) string {
			return "arn:" + c.partition + ":" + service + ":" + c.spec.Region + ":" + account + ":" + resource
		}
		const elb = "elasticloadbalancing"
		ours := matches{"aws:ResourceTag/" + tagLoadBalancerCluster: c.name}
		asked := matches{"aws:RequestTag/" + tagLoadBalancerCluster: c.name}
		groups := arn("ec2", "security-group/*")
		balancers := []string{arn(elb, "targetgroup/*/*"), arn(elb, "loadbalancer/net/*/*"), arn(elb, "loadbalancer/app/*/*")}
		listeners := []string{
			arn(elb, "listener/net/*/*/*"), arn(elb, "listener/app/*/*/*"),
			arn(elb, "listener-rule/net/*/*/*"), arn(elb, "listener-rule/app/*/*/*"),
		}
		return []statement{
			allowActions([]string{"iam:CreateServiceLinkedRole"}, "arn:"+c.partition+":iam::"+account+":role/aws-service-role/elasticloadbalancing.amazonaws.com/*").
				when("StringEquals", matches{"iam:AWSServiceName": "elasticloadbalancing.amazonaws.com"}),
			allowActions(loadBalancerReads, "*"),
			// Rules of security groups it did not make: those of the nodes.
			allowActions([]string{"ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"}, groups).
				when("StringEquals", matches{"aws:ResourceTag/" + c.tagCluster(): "owned"}),
			allowActions([]string{"ec2:CreateSecurityGroup"}, groups).when("StringEquals", asked),
			// A VPC may be shared by another account, whose it is then.
			allowActions([]string{"ec2:CreateSecurityGroup"}, "arn:"+c.partition+":ec2:"+c.spec.Region+":*:vpc/"+n.Use(net.vpcID)),
			allowActions([]string{"ec2:CreateTags"}, groups).
				when("StringEquals", asked.and(matches{"ec2:CreateAction": "CreateSecurityGroup"})),
			allowActions([]string{
				"ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress", "ec2:DeleteSecurityGroup",
				"ec2:CreateTags", "ec2:DeleteTags",
			}, groups).when("StringEquals", ours),
			allowActions([]string{elb + ":CreateLoadBalancer", elb + ":CreateTargetGroup"}, balancers...).when("StringEquals", asked),
			allowActions([]string{elb + ":AddTags"}, balancers...).when("StringEquals", asked.and(matches{elb + ":CreateAction": "CreateLoadBalancer"})),
			allowActions([]string{elb + ":AddTags"}, balancers...).when("StringEquals", asked.and(matches{elb + ":CreateAction": "CreateTargetGroup"})),
			allowActions([]string{
				elb + ":AddTags", elb + ":RemoveTags",
				elb + ":ModifyLoadBalancerAttributes", elb + ":SetIpAddressType", elb + ":SetSecurityGroups", elb + ":SetSubnets",
				elb + ":DeleteLoadBalancer", elb + ":ModifyTargetGroup", elb + ":ModifyTargetGroupAttributes", elb + ":DeleteTargetGroup",
				elb + ":ModifyCapacityReservation", elb + ":ModifyIpPools", elb + ":CreateListener",
			}, balancers...).when("StringEquals", ours),
			allowActions([]string{elb + ":RegisterTargets", elb + ":DeregisterTargets"}, arn(elb, "targetgroup/*/*")),
			// Without the tag, as upstream: a claim may switch off the feature
			// that tags listeners and rules.
			allowActions([]string{
				elb + ":CreateRule", elb + ":DeleteRule", elb + ":ModifyRule", elb + ":SetRulePriorities",
				elb + ":ModifyListener", elb + ":ModifyListenerAttributes", elb + ":DeleteListener",
				elb + ":AddListenerCertificates", elb + ":RemoveListenerCertificates",
				elb + ":AddTags", elb + ":RemoveTags",
			}, listeners...),
		}
	}
}

// loadBalancerReads look things up: which ones, only Ingresses and Services say.
//
//nolint:gochecknoglobals // A constant list.
var loadBalancerReads = []string{
	"ec2:DescribeAccountAttributes", "ec2:DescribeAddresses", "ec2:DescribeAvailabilityZones",
	"ec2:DescribeInternetGateways", "ec2:DescribeVpcs", "ec2:DescribeVpcPeeringConnections",
	"ec2:DescribeSubnets", "ec2:DescribeSecurityGroups", "ec2:DescribeInstances",
	"ec2:DescribeNetworkInterfaces", "ec2:DescribeTags", "ec2:DescribeCoipPools",
	"ec2:DescribeIpamPools", "ec2:DescribeRouteTables", "ec2:GetCoipPoolUsage", "ec2:GetSecurityGroupsForVpc",
	"elasticloadbalancing:DescribeLoadBalancers", "elasticloadbalancing:DescribeLoadBalancerAttributes",
	"elasticloadbalancing:DescribeListeners", "elasticloadbalancing:DescribeListenerCertificates",
	"elasticloadbalancing:DescribeListenerAttributes", "elasticloadbalancing:DescribeSSLPolicies",
	"elasticloadbalancing:DescribeRules", "elasticloadbalancing:DescribeTargetGroups",
	"elasticloadbalancing:DescribeTargetGroupAttributes", "elasticloadbalancing:DescribeTargetHealth",
	"elasticloadbalancing:DescribeTags", "elasticloadbalancing:DescribeTrustStores",
	"elasticloadbalancing:DescribeCapacityReservation",
	"acm:ListCertificates", "acm:DescribeCertificate",
	"iam:ListServerCertificates", "iam:GetServerCertificate",
	"cognito-idp:DescribeUserPoolClient",
}
