package main

import (
	"bytes"
	"os"
	"testing"

	"example.com/shared-queue/proof/access/command"
)

// ACCESS.md is what the command computes of testdata, and all is as promised. Both are
// the user's.
func TestTableOfTestdata(t *testing.T) {
	var table, wrong bytes.Buffer
	if status := command.Run(t.Context(), []string{"-markdown", "../../testdata"}, &table, &wrong, command.Tools{}); status != 0 {
		t.Errorf("access ends with %d\n%s", status, &wrong)
	}
	kept, err := os.ReadFile("../../ACCESS.md")
	if err != nil {
		t.Fatal(err)
	}
	if table.String() != string(kept) {
		t.Error("ACCESS.md is stale: run make access and look at the difference")
	}
}
