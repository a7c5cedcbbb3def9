package function_test

import (
	"testing"

	"github.com/xplatform-dev/function-xplatform/test/world"
)

func TestMain(m *testing.M) { world.Main(m) }
