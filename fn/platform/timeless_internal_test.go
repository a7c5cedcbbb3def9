package platform

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestTimeless(t *testing.T) {
	cases := map[string]struct {
		reason string
		in     string
		want   string
	}{
		"Empty": {
			reason: "No message should stay none.",
		},
		"Plain": {
			reason: "A message without anything that changes should stay as it is.",
			in:     "cannot resolve references: mg.Spec.ForProvider.VPCID: referenced field was empty (referenced resource may not yet be ready)",
			want:   "cannot resolve references: mg.Spec.ForProvider.VPCID: referenced field was empty (referenced resource may not yet be ready)",
		},
		"EC2": {
			reason: "The request id should go, and AWS's code stay.",
			in:     "create failed: async create failed: failed to create the resource: [{0 creating EC2 Subnet: operation error EC2: CreateSubnet, https response error StatusCode: 400, RequestID: 4a1b5c3e-1111-2222-3333-444455556666, api error InvalidSubnet.Conflict: The CIDR '10.0.0.0/20' conflicts with another subnet  []}]",
			want:   "create failed: async create failed: failed to create the resource: [{0 creating EC2 Subnet: operation error EC2: CreateSubnet, https response error StatusCode: 400, api error InvalidSubnet.Conflict: The CIDR '10.0.0.0/20' conflicts with another subnet",
		},
		"IAM": {
			reason: "An error the SDK knows a type of should keep its type.",
			in:     "create failed: failed to create the resource: [{0 creating IAM Role (dev-nodes): operation error IAM: CreateRole, https response error StatusCode: 409, RequestID: 0d9a6a0b-8f5c-4f0e-a9a5-3d3a6f6f7b11, EntityAlreadyExists: Role with name dev-nodes already exists.  []}]",
			want:   "create failed: failed to create the resource: [{0 creating IAM Role (dev-nodes): operation error IAM: CreateRole, https response error StatusCode: 409, EntityAlreadyExists: Role with name dev-nodes already exists.",
		},
		"S3": {
			reason: "Both ids of S3 should go.",
			in:     "observe failed: operation error S3: HeadBucket, https response error StatusCode: 403, RequestID: 3ZKQ8Y5R4W2V1T0S, HostID: q7Yc/2+AbC==, api error Forbidden: Forbidden",
			want:   "observe failed: operation error S3: HeadBucket, https response error StatusCode: 403, api error Forbidden: Forbidden",
		},
		"OldSDK": {
			reason: "The older SDK's spelling should go too.",
			in:     "UnauthorizedOperation: You are not authorized to perform this operation.\n\tstatus code: 403, request id: 1550870c-6e0b-4fac-ba19-1da46fef7f17",
			want:   "UnauthorizedOperation: You are not authorized to perform this operation. status code: 403",
		},
		"Service": {
			reason: "The spelling of what AWS services pass on of each other should go too.",
			in:     "Nodegroup health: Access denied (Service: AmazonAutoScaling; Status Code: 403; Error Code: AccessDenied; Request ID: 2f6f2c7a-1111-2222-3333-444455556666; Proxy: null)",
			want:   "Nodegroup health: Access denied (Service: AmazonAutoScaling; Status Code: 403; Error Code: AccessDenied; Proxy: null)",
		},
		"AtTheEnd": {
			reason: "A request id at the end should go without leaving a comma.",
			in:     "ThrottlingException: Rate exceeded, RequestID: 4a1b5c3e-1111-2222-3333-444455556666",
			want:   "ThrottlingException: Rate exceeded",
		},
		"NotSent": {
			reason: "A request that was never answered has no id to strip.",
			in:     "operation error STS: GetCallerIdentity, https response error StatusCode: 0, RequestID: , request send failed",
			want:   "operation error STS: GetCallerIdentity, https response error StatusCode: 0, RequestID: , request send failed",
		},
		"Lines": {
			reason: "Line breaks and runs of spaces should be single spaces.",
			in:     "  1 error occurred:\n\t* ng-1: AsgInstanceLaunchFailures:   no capacity\r\n\n",
			want:   "1 error occurred: * ng-1: AsgInstanceLaunchFailures: no capacity",
		},
		"LongEnough": {
			reason: "A message of the longestMessage length should not be cut.",
			in:     strings.Repeat("x", longestMessage),
			want:   strings.Repeat("x", longestMessage),
		},
		"TooLong": {
			reason: "A longer message should be cut at the limit.",
			in:     strings.Repeat("x", longestMessage+1),
			want:   strings.Repeat("x", longestMessage) + "…",
		},
		"TooLongBeforeStripping": {
			reason: "The limit should be of what is left after stripping.",
			in:     strings.Repeat("x", longestMessage) + ", RequestID: 4a1b5c3e-1111-2222-3333-444455556666",
			want:   strings.Repeat("x", longestMessage),
		},
		"WithinARune": {
			reason: "A message should not be cut within a rune.",
			in:     strings.Repeat("x", longestMessage-1) + "äöü",
			want:   strings.Repeat("x", longestMessage-1) + "…",
		},
		"BetweenRunes": {
			reason: "A message should be cut between runes where the limit is between them.",
			in:     strings.Repeat("€", longestMessage),
			want:   strings.Repeat("€", longestMessage/len("€")) + "…",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := Timeless(tc.in)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nTimeless(): -want, +got:\n%s", tc.reason, diff)
			}
			if !utf8.ValidString(got) {
				t.Errorf("\n%s\nTimeless(): %q is no valid text", tc.reason, got)
			}
		})
	}
}

// TestTimelessRetries: the answers to two attempts that failed for the same
// reason read the same.
func TestTimelessRetries(t *testing.T) {
	cases := map[string]struct {
		reason        string
		first, second string
		// keeps is what a user needs in order to act.
		keeps string
	}{
		"RequestID": {
			reason: "A request has an id of its own.",
			first:  "create failed: async create failed: failed to create the resource: [{0 creating EC2 Subnet: operation error EC2: CreateSubnet, https response error StatusCode: 400, RequestID: 4a1b5c3e-1111-2222-3333-444455556666, api error InvalidSubnet.Conflict: The CIDR '10.0.0.0/20' conflicts with another subnet  []}]",
			second: "create failed: async create failed: failed to create the resource: [{0 creating EC2 Subnet: operation error EC2: CreateSubnet, https response error StatusCode: 400, RequestID: 9f8e7d6c-aaaa-bbbb-cccc-ddddeeeeffff, api error InvalidSubnet.Conflict: The CIDR '10.0.0.0/20' conflicts with another subnet  []}]",
			keeps:  "api error InvalidSubnet.Conflict: The CIDR '10.0.0.0/20' conflicts",
		},
		"RequestIDBeyondTheLimit": {
			reason: "A request id should not decide where a message is cut.",
			first:  "RequestID: 4a1b5c3e-1111-2222-3333-444455556666, InvalidParameterException: " + strings.Repeat("x", longestMessage),
			second: "RequestID: 9f8e, InvalidParameterException: " + strings.Repeat("x", longestMessage),
			keeps:  "InvalidParameterException",
		},
		"HostID": {
			reason: "A host has an id too.",
			first:  "operation error S3: CreateBucket, https response error StatusCode: 409, RequestID: 3ZKQ8Y5R4W2V1T0S, HostID: q7Yc/2+AbC==, BucketAlreadyExists: taken",
			second: "operation error S3: CreateBucket, https response error StatusCode: 409, RequestID: 0A1B2C3D4E5F6G7H, HostID: Zz0/9+Q=, BucketAlreadyExists: taken",
			keeps:  "BucketAlreadyExists",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) { sameFailure(t, tc.reason, tc.keeps, tc.first, tc.second) })
	}
}

// TestTimelessDenials: an EC2 request that is denied is answered with a message
// encrypted anew each time. It made provider-aws reconcile in a loop:
// https://github.com/crossplane-contrib/provider-aws/issues/624
func TestTimelessDenials(t *testing.T) {
	const denied = "create failed: failed to create the resource: [{0 creating EC2 EIP: operation error EC2: AllocateAddress, https response error StatusCode: 403, RequestID: 4a1b5c3e-1111-2222-3333-444455556666, api error UnauthorizedOperation: You are not authorized to perform this operation. Encoded authorization failure message: "
	sameFailure(t, "A denial should read the same each time.", "UnauthorizedOperation: You are not authorized to perform this operation",
		denied+"bXDzNlS-0aV8zpj7W_BEloqdHBTd0nmWAYDWuHF5d-a7BnDA5PDOB"+strings.Repeat("tuDs3qEwRDB7tHgm", 20)+"  []}]",
		denied+"tAzVElmztg_yS8Sp4j7W_ME1oqdRBTd9nmWBYDXuGF5e-b7CnEA5QE"+strings.Repeat("xR3gFrapNDFasNJm", 20)+"  []}]")
}

// TestTimelessConnections: a connection has a port of its own.
func TestTimelessConnections(t *testing.T) {
	const lookup = "observe failed: operation error EC2: DescribeVpcs, exceeded maximum number of attempts, 3, https response error StatusCode: 0, RequestID: , request send failed, Post \"https://ec2.eu-central-1.amazonaws.com/\": dial tcp: lookup ec2.eu-central-1.amazonaws.com on 10.100.0.10:53: read udp 10.0.12.7:"
	sameFailure(t, "A failure to connect should read the same each time.", "lookup ec2.eu-central-1.amazonaws.com",
		lookup+"41234->10.100.0.10:53: i/o timeout",
		lookup+"52345->10.100.0.10:53: i/o timeout")
}

func sameFailure(t *testing.T, reason, keeps, first, second string) {
	t.Helper()
	a, b := Timeless(first), Timeless(second)
	if diff := cmp.Diff(a, b); diff != "" {
		t.Errorf("\n%s\n-first, +second:\n%s", reason, diff)
	}
	if !strings.Contains(a, keeps) {
		t.Errorf("\n%s\nwant a message with %q, got:\n%s", reason, keeps, a)
	}
}
