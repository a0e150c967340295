package command_test

import (
	"os"
	"strings"
	"testing"

	"example.com/shared-queue/proof/aws/deployed"
	"example.com/shared-queue/proof/evaluate"
)

// What docs/access.md has to paste is what the command says and the project uses.
func TestThePage(t *testing.T) {
	page, err := os.ReadFile("../../../docs/access.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		deployed.Policy(deployed.AccountActions()), deployed.Policy(deployed.OrganizationActions()),
		"npm install --save-dev --save-exact " + evaluate.Package + "\n",
	} {
		if !strings.Contains(string(page), want) {
			t.Errorf("docs/access.md does not have %s", want)
		}
	}
	tools, err := os.ReadFile("../../../package.json")
	if err != nil {
		t.Fatal(err)
	}
	name, version, _ := strings.Cut(strings.TrimPrefix(evaluate.Package, "@"), "@")
	if !strings.Contains(string(tools), `"@`+name+`": "`+version+`"`) {
		t.Errorf("package.json has another version than %s", evaluate.Package)
	}
}
