package aws

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// newest minor version of Kubernetes that EKS raises a cluster to.
const newest = 36

// TagOfAnother cluster in the same network.
const TagOfAnother = "kubernetes.io/cluster/another"

// Happen lets something happen at AWS that nobody asked for, if there is anything it
// can happen to, and says what.
func (a *Account) Happen(r *rand.Rand) string {
	kind := []string{"NodeGroup", "Instance", "Cluster", "Zone", "Subnet"}[r.IntN(5)]
	all := a.Things(kind)
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for _, t := range all {
		switch kind {
		case "NodeGroup":
			low, high := number(at(t.Has, "scalingConfig.minSize")), number(at(t.Has, "scalingConfig.maxSize"))
			size := float64(low + r.Int64N(high-low+1))
			_ = unstructured.SetNestedField(t.Has, size, "scalingConfig", "desiredSize")
			return fmt.Sprintf("the autoscaler makes %s %v nodes", t.Name, size)
		case "Instance":
			if most := number(t.Has["maxAllocatedStorage"]); most > number(t.Has["allocatedStorage"]) {
				t.Has["allocatedStorage"] = float64(most)
				completeInstance(t)
				return fmt.Sprintf("RDS grows %s to %d GiB", t.Name, most)
			}
		case "Cluster":
			if v := minor(t.Has["version"]); v < newest {
				t.Has["version"] = fmt.Sprintf("1.%d", v+1)
				return fmt.Sprintf("EKS raises %s to 1.%d", t.Name, v+1)
			}
		case "Zone":
			if vpc, _ := t.Has["vpc"].([]any); len(vpc) == 1 {
				t.Has["vpc"] = append(slices.Clone(vpc), map[string]any{"vpcId": "vpc-0ccccccccccccccc1", "vpcRegion": "eu-central-1"})
				return "somebody associates another VPC with " + t.Name
			}
		case "Subnet":
			if tags, _ := t.Has["tags"].(map[string]any); tags != nil {
				tags = maps.Clone(tags)
				tags[TagOfAnother] = "shared"
				t.Has["tags"] = tags
				return "another cluster tags " + t.Name
			}
		}
	}
	return ""
}
