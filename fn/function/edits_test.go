package function_test

import (
	"flag"
	"math/rand/v2"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/test/aws"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

//nolint:gochecknoglobals // Flags.
var (
	editJourneys = flag.Int("edit-journeys", 30, "how many journeys of edits to make")
	editSeed     = flag.Uint64("edit-seed", 0, "the first journey")
)

// editsInJourney is how many edits a journey has.
const editsInJourney = 20

// TestEditJourneys: whatever is edited, in whatever order and at whatever moment,
// either all of it is in force, or the claim says what is in the way. It is never
// ready while something asked for is not in force.
func TestEditJourneys(t *testing.T) {
	t.Parallel()
	seeds := make(chan uint64)
	editor := world.NewEditor(t)
	built := map[string]*world.Living{}
	for _, example := range world.Examples {
		l := world.Live(world.New(t, example))
		if rsp := l.Converge(); !world.IsReady(rsp) {
			t.Fatalf("%s is not ready: %s", example, world.Explain(rsp))
		}
		built[example] = l
	}
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for seed := range seeds {
				example := world.Examples[seed%uint64(len(world.Examples))]
				t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
					journey(t, editor, built[example], rand.New(rand.NewPCG(seed, 1))) //nolint:gosec // Chance, not secrets.
				})
			}
		})
	}
	for i := range *editJourneys {
		seeds <- *editSeed + uint64(i)
	}
	close(seeds)
	wg.Wait()
}

func journey(t *testing.T, editor *world.Editor, built *world.Living, r *rand.Rand) {
	t.Helper()
	l := built.Fork(t)
	var path []string
	if r.IntN(4) > 0 {
		// Once something protected is removed all else is only said beside it.
		claim := l.Claim.DeepCopy()
		world.Unprotected(claim)
		l.Claims(claim)
	}
	for range editsInJourney {
		claim, field := editor.Edit(r, l.Claim)
		path = append(path, field)
		switch r.IntN(12) {
		case 0, 1:
			path = append(path, l.Account.Happen(r))
			l.Look()
		case 2:
			path = append(path, l.Pause(r))
		case 3, 4:
			l.Resume()
		case 5:
			path = append(path, "a run's status is lost")
			status := l.XR.Object["status"]
			l.Step(l.Ask())
			l.XR.Object["status"] = status
		case 6:
			path = append(path, l.Delete(r))
		}
		l.Claims(claim)
		if r.IntN(4) == 0 {
			// The next edit comes before this one has got far.
			l.Step(l.Ask())
			continue
		}
		rsp := l.Converge()
		if !world.IsReady(rsp) {
			l.Window()
			rsp = l.Converge()
		}
		if problems := judgeEdit(l, rsp); len(problems) > 0 {
			t.Fatalf("after %s:\n%s\n%s", strings.Join(path, ", "), strings.Join(problems, "\n"), world.Explain(rsp))
		}
	}
	l.Resume()
	l.Converge()
	l.Window()
	if !world.IsReady(l.Converge()) {
		return
	}
	if problems := judgeEnd(l); len(problems) > 0 {
		t.Fatalf("in the end, after %s:\n%s", strings.Join(path, ", "), strings.Join(problems, "\n"))
	}
}

// judgeEdit what has come of an edit: all of it is in force, or the claim says what is
// in the way, in words of AWS's or of ours that tell somebody what to do. That
// something only waits, or is being made, is no answer once nothing happens any more.
func judgeEdit(l *world.Living, rsp *fnv1.RunFunctionResponse) []string {
	if world.IsReady(rsp) {
		return l.NotInForce(rsp)
	}
	if world.FatalOf(rsp) != "" {
		return nil // It is refused, and nothing is touched.
	}
	for _, c := range rsp.GetConditions() {
		if c.GetStatus() == fnv1.Status_STATUS_CONDITION_FALSE && slices.Contains([]string{"Failed", "Protected", "Paused", "Held"}, c.GetReason()) {
			if testing.Verbose() {
				l.TB.Log(c.GetMessage(), l.NotInForce(rsp))
			}
			return nil
		}
	}
	return append(l.NotInForce(rsp), "it is not ready, and nothing says why")
}

// judgeEnd compares what a platform has become with one that was built from the claim
// as it is now.
func judgeEnd(l *world.Living) []string {
	anew := world.Live(world.Of(l.TB, l.Claim.DeepCopy()))
	if rsp := anew.Converge(); !world.IsReady(rsp) {
		return nil // It could not be built either.
	}
	var problems []string
	is, want := asFirst(l.Things()), asFirst(anew.Things())
	for _, key := range world.SortedKeys(want) {
		if is[key] == nil {
			problems = append(problems, key+" does not exist")
			continue
		}
		for _, d := range append(aws.Missing(want[key], is[key], key), aws.Missing(is[key], want[key], key)...) {
			if !slices.ContainsFunc(ofItsLife, func(r *regexp.Regexp) bool { return r.MatchString(d) }) {
				problems = append(problems, d)
			}
		}
	}
	for _, key := range world.SortedKeys(is) {
		if want[key] == nil {
			problems = append(problems, key+" would not be made")
		}
	}
	return problems
}

// asFirst calls things of later generations of node groups as those of the first ones.
func asFirst(things map[string]map[string]any) map[string]map[string]any {
	first := map[string]map[string]any{}
	for key, has := range things {
		first[generationKey.ReplaceAllString(key, "$1")] = asFirstName(has).(map[string]any)
	}
	return first
}

// asFirstName calls all names in a value so.
func asFirstName(v any) any {
	switch v := v.(type) {
	case string:
		return generationName.ReplaceAllString(v, "$1")
	case []any:
		l := make([]any, 0, len(v))
		for _, e := range v {
			l = append(l, asFirstName(e))
		}
		return l
	case map[string]any:
		m := make(map[string]any, len(v))
		for k, e := range v {
			m[k] = asFirstName(e)
		}
		return m
	}
	return v
}

var (
	generationKey  = regexp.MustCompile(`^(node-group[.][^.]+)[.]\d+`)
	generationName = regexp.MustCompile(`([a-z0-9])_\d+$`)
)

// ofItsLife is what a platform keeps of its life.
//
//nolint:gochecknoglobals // A constant table.
var ofItsLife = []*regexp.Regexp{
	// The snapshot has the instance's own name once there is one.
	regexp.MustCompile(`[.]finalSnapshotIdentifier is`),
	// Tags of instances come with the next roll, and each change of a template is a
	// version.
	regexp.MustCompile(`[.]template[.](tagSpecifications|description) is`),
	regexp.MustCompile(`[.]launchTemplate[.]version is`),
	// So are ids of what has taken the place of something else.
	regexp.MustCompile(`^node-group[.].*([.]launchTemplate[.]id|[.]autoscalingGroupName) is`),
	// EKS takes no AMI back, and knows that nodes are not to be repaired from those of
	// which nobody ever said anything.
	regexp.MustCompile(`^node-group[.].*([.]releaseVersion|[.]nodeRepairConfig) is`),
	// RDS has no way back to a window of its own choice.
	regexp.MustCompile(`[.]maintenanceWindow is`),
	// EKS moves neither a control plane nor a node group into other subnets.
	regexp.MustCompile(`^(cluster[.]vpcConfig|node-group[.][^.]+)[.]subnetIds is`),
	// What others associated with a private zone stays.
	regexp.MustCompile(`^zone[.]vpc is`),
	// Nobody reaches an endpoint that isn't public, whatever its addresses are.
	regexp.MustCompile(`[.]publicAccessCidrs is .*<nil>|[.]publicAccessCidrs is <nil>`),
	// It is no attribute of an instance.
	regexp.MustCompile(`[.]allowMajorVersionUpgrade is`),
	// EKS has no way back to its own choice.
	regexp.MustCompile(`^addon[.].*[.]addonVersion is`),
	// The autoscaler owns the size.
	regexp.MustCompile(`[.]scalingConfig[.]desiredSize is`),
	// RDS shrinks no volume, and takes no version back.
	regexp.MustCompile(`^database[.].*[.](allocatedStorage|iops|storageThroughput|maxAllocatedStorage|engineVersion|parameterGroupName|optionGroupName) is`),
}
