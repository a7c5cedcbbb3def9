package suite

import (
	"fmt"
	"testing"
	"time"

	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/xplatform-dev/function-xplatform/test/progress"
)

// TestProgress: what is told of a platform on its way up and on its way down never
// runs backwards, whichever of the writes of its status a reader happens to see.
func TestProgress(t *testing.T) {
	t.Parallel()
	ctx := deadline(t)
	p := apply(ctx, t, shared(t), "platform-smallest")
	reads, halves, last := 0, 0, 0
	forward := func(pr *progress.Progress) {
		var done, all int
		if _, err := fmt.Sscanf(pr.Count, "%d/%d", &done, &all); err != nil {
			return
		}
		if done < last {
			t.Errorf("%s is told after %d", pr.Count, last)
		}
		last = done
	}
	for ready := false; !ready && ctx.Err() == nil; time.Sleep(5 * time.Millisecond) {
		o, err := p.get(ctx)
		if err != nil {
			t.Fatal(err)
		}
		pr, err := progress.Read(o)
		if err != nil {
			t.Fatal(err)
		}
		reads++
		if !pr.Whole() {
			halves++
			continue
		}
		forward(pr)
		ready = pr.Ready
	}
	t.Logf("%d of %d reads of the claim were of two runs", halves, reads)

	xr := p.composite(ctx)
	p.delete(ctx, metav1.DeletePropagationBackground)
	for last = 0; ctx.Err() == nil; time.Sleep(5 * time.Millisecond) {
		err := p.bed.cp.Client.Get(ctx, client.ObjectKeyFromObject(xr), xr)
		if kerrors.IsNotFound(err) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		pr, err := progress.Read(xr)
		if err != nil {
			t.Fatal(err)
		}
		if pr.Phase == "TearingDown" {
			forward(pr)
		}
	}
	p.gone(ctx)
}
