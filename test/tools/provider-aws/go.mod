module github.com/xplatform-dev/function-xplatform/test/tools/provider-aws

go 1.26.7

// What the Configuration demands, for its CRDs: composed objects are checked
// against them, and control planes serve them. Nothing is built of it. Its Go
// types take a commit of upjet that the module proxy does not serve, so what is
// composed is written with the types of v2.5.0.
require github.com/upbound/provider-aws/v2 v2.7.0
