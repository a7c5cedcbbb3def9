package main

import (
	"os"
	"runtime/debug"
	"testing"
)

func TestMain(m *testing.M) {
	// These tests make garbage faster than they keep anything.
	debug.SetGCPercent(400)
	os.Exit(m.Run())
}
