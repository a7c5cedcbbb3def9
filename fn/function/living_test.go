package function_test

import (
	"testing"
	"time"

	"github.com/xplatform-dev/function-xplatform/test/world"
)

// TestLiving: where AWS says no, every example becomes ready all the same, and is
// left alone then.
func TestLiving(t *testing.T) {
	t.Parallel()
	for _, example := range world.Examples {
		t.Run(example, func(t *testing.T) {
			t.Parallel()
			begin := time.Now()
			l := world.Live(world.New(t, example))
			rsp := l.Converge()
			if !world.IsReady(rsp) {
				t.Fatalf("not ready:\n%s", world.Explain(rsp))
			}
			t.Log(time.Since(begin))
			begin = time.Now()
			l.Look()
			l.Converge()
			t.Log(time.Since(begin))
		})
	}
}
