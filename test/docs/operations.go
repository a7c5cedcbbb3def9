package docs

import (
	"fmt"
	"slices"
	"strings"
)

// An operation of a program that can do nothing without AWS or the internet.
type operation struct {
	// flags it takes, of those that we use.
	flags []string
	// answers is what the answer has at its top, for --query.
	answers string
}

// Flags that every operation of the AWS CLI takes:
// https://docs.aws.amazon.com/cli/latest/reference/
//
//nolint:gochecknoglobals // A constant list.
var everyAWS = []string{"--region", "--query", "--output"}

// operations by their words. Those of AWS were tried once, by
// "--generate-cli-skeleton", with which the AWS CLI checks a command and its --query
// and calls nobody; those of the others are as these have them:
// https://github.com/sigstore/cosign/blob/main/doc/cosign_verify.md,
// https://github.com/vmware-tanzu/velero (pkg/cmd/cli/backup and restore, create.go)
//
//nolint:gochecknoglobals // A constant table.
var operations = map[string]operation{
	"cosign verify": {flags: []string{"--certificate-identity-regexp", "--certificate-oidc-issuer"}},

	"velero backup create":  {flags: []string{"--include-cluster-resources", "--wait"}},
	"velero restore create": {flags: []string{"--from-backup", "--selector", "--include-resources", "--include-cluster-resources", "--wait"}},

	"aws ec2 delete-internet-gateway":            {flags: []string{"--internet-gateway-id"}},
	"aws ec2 delete-nat-gateway":                 {flags: []string{"--nat-gateway-id"}},
	"aws ec2 describe-internet-gateways":         {flags: []string{"--filters"}, answers: "InternetGateways"},
	"aws ec2 describe-launch-templates":          {flags: []string{"--filters"}, answers: "LaunchTemplates"},
	"aws ec2 describe-nat-gateways":              {flags: []string{"--filter"}, answers: "NatGateways"},
	"aws ec2 describe-route-tables":              {flags: []string{"--filters"}, answers: "RouteTables"},
	"aws ec2 describe-security-group-rules":      {flags: []string{"--filters"}, answers: "SecurityGroupRules"},
	"aws ec2 describe-security-groups":           {flags: []string{"--filters"}, answers: "SecurityGroups"},
	"aws ec2 describe-subnets":                   {flags: []string{"--filters"}, answers: "Subnets"},
	"aws ec2 detach-internet-gateway":            {flags: []string{"--internet-gateway-id", "--vpc-id"}},
	"aws ec2 enable-ebs-encryption-by-default":   {},
	"aws eks describe-addon":                     {flags: []string{"--cluster-name", "--addon-name"}, answers: "addon"},
	"aws eks list-pod-identity-associations":     {flags: []string{"--cluster-name"}, answers: "associations"},
	"aws iam list-roles":                         {answers: "Roles"},
	"aws resourcegroupstaggingapi get-resources": {flags: []string{"--tag-filters"}, answers: "ResourceTagMappingList"},
	"aws route53 list-hosted-zones-by-vpc":       {flags: []string{"--vpc-id", "--vpc-region"}, answers: "HostedZoneSummaries"},
	"aws sqs get-queue-url":                      {flags: []string{"--queue-name"}, answers: "QueueUrl"},
}

// Check a command of the way Elsewhere.
func Check(c Command) error {
	words := 3 // Program, service and operation.
	if c.Words[0] == "cosign" {
		words = 2
	}
	name := strings.Join(c.Words[:min(words, len(c.Words))], " ")
	op, known := operations[name]
	if !known {
		return fmt.Errorf("%s: %q is no operation that was ever tried", c, name)
	}
	flags := op.flags
	if c.Words[0] == "aws" {
		flags = slices.Concat(flags, everyAWS)
	}
	for i, flag := range c.Words {
		if !strings.HasPrefix(flag, "-") {
			continue
		}
		value := strings.Join(c.Words[i+1:min(i+2, len(c.Words))], "")
		switch {
		case !slices.Contains(flags, flag):
			return fmt.Errorf("%s: %s takes no %s", c, name, flag)
		case flag == "--query" && !strings.HasPrefix(value, op.answers):
			return fmt.Errorf("%s: %s answers with %s", c, name, op.answers)
		}
	}
	return nil
}
