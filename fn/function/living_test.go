package function_test

import (
	"cmp"
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

// TestRestored: a platform that is restored from a backup becomes ready again, and AWS
// is asked to change nothing. One that was being built goes on, with what there is.
func TestRestored(t *testing.T) {
	t.Parallel()
	for _, example := range world.Examples {
		t.Run(example, func(t *testing.T) {
			t.Parallel()
			l := world.Live(world.New(t, example))
			for step := 0; ; step++ {
				rsp := l.Ask()
				if step%5 == 4 || world.IsReady(rsp) {
					checkRestored(t, l.Fork(t), step)
				}
				if world.IsReady(rsp) {
					return
				}
				l.Step(rsp)
			}
		})
	}
}

// checkRestored: of what AWS had nothing is changed that would not have been anyway, and
// nothing is there twice.
func checkRestored(t *testing.T, l *world.Living, step int) {
	t.Helper()
	had, other := l.Account.Versions(), l.Fork(t)
	other.Converge()
	want := other.Account.Versions()
	l.Restore()
	if rsp := l.Converge(); !world.IsReady(rsp) {
		t.Fatalf("restored after %d steps: not ready again:\n%s", step, world.Explain(rsp))
	}
	has := l.Account.Versions()
	for name := range had {
		if has[name] != want[name] {
			t.Errorf("restored after %d steps: want %s at %s, it is at %s", step, name, want[name], cmp.Or(has[name], "nothing"))
		}
	}
	if len(has) != len(want) {
		t.Errorf("restored after %d steps: want %d things at AWS, got %d", step, len(want), len(has))
	}
}
