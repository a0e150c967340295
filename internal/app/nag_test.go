package app

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"

	"example.com/shared-queue/internal/cdktest"
)

// acknowledged are the findings of AwsSolutions that stay, by rule and resource,
// each with its reason.
var acknowledged = map[string]string{
	"AwsSolutions-IAM5 dev-publisher-events/Publisher/Role/DefaultPolicy/Resource": oneKeyByAlias,
	"AwsSolutions-IAM5 dev-publisher-web/Publisher/Role/DefaultPolicy/Resource":    oneKeyByAlias,
	"AwsSolutions-IAM5 prod-publisher-web/Publisher/Role/DefaultPolicy/Resource":   oneKeyByAlias,
}

const oneKeyByAlias = "the key's id is not known in the sender's account; kms:ResourceAliases narrows key/* to the one key with the alias"

func TestAwsSolutions(t *testing.T) {
	app := cdktest.NewApp(t)
	// The findings are read from the pack's own reports.
	app.Node().SetContext(jsii.String("@aws-cdk/core:annotationsInValidationReport"), false)
	if err := Define(app, exampleEnvironments(t)); err != nil {
		t.Fatal(err)
	}
	awscdk.Aspects_Of(app).Add(cdknag.NewAwsSolutionsChecks(nil), nil)
	folder := *app.Synth(nil).Directory()

	compliant, found := 0, map[string]bool{}
	for _, stack := range exampleStacks {
		rows := nagReport(t, filepath.Join(folder, "AwsSolutions--"+stack+"-NagReport.csv"))
		for _, row := range rows[1:] { // rule id, resource id, compliance, …
			rule, _, _ := strings.Cut(row[0], "[")
			finding := rule + " " + row[1]
			switch {
			case row[2] == "Compliant":
				compliant++
			case acknowledged[finding] == "":
				t.Errorf("%s: %s: %s", row[2], finding, row[5])
			default:
				found[finding] = true
			}
		}
	}
	if compliant == 0 {
		t.Error("the pack looked at nothing")
	}
	for finding := range acknowledged {
		if !found[finding] {
			t.Errorf("%s is acknowledged and not found", finding)
		}
	}
}

func nagReport(t *testing.T, path string) [][]string {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}
