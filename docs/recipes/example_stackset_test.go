package recipes_test

import (
	"fmt"
	"log"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"example.com/shared-queue/address"
	"example.com/shared-queue/publisher"
)

// A role in every account of an OU, from a stack in the account that owns the
// organization's stack sets.
func Example_newRoleStackSet() {
	stack := awscdk.NewStack(awscdk.NewApp(nil), jsii.String("everyone"), &awscdk.StackProps{
		Env: &awscdk.Environment{Account: jsii.String("888888888888"), Region: jsii.String("us-east-1")},
	})
	orders := address.Queue{Region: "us-east-1", Account: "111111111111", Name: "orders", Alias: "orders"}
	dev, err := address.ParsePath("o-abc1234567/r-wxyz/ou-wxyz-jklm1dev")
	if err != nil {
		log.Fatal(err)
	}
	lambda, err := address.ParsePrincipal("lambda.amazonaws.com")
	if err != nil {
		log.Fatal(err)
	}

	set, err := publisher.NewRoleStackSet(stack, "Everyone", &publisher.RoleStackSetProps{
		Role:    publisher.RoleProps{RoleName: "orders-sender", AssumedBy: []address.Principal{lambda}, Queue: orders},
		Senders: []address.Path{dev},
	})
	if err != nil {
		log.Fatal(err)
	}

	fmt.Println(*set.AttrStackSetId())
}
