package address_test

import (
	"fmt"
	"log"

	"example.com/shared-queue/address"
)

// A path as the Organizations API returns it, and as a policy condition on
// aws:PrincipalOrgPaths needs it.
func ExampleParsePath() {
	dev, err := address.ParsePath("o-abc1234567/r-wxyz/ou-wxyz-jklm1dev/")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(dev.Organization())
	fmt.Println(dev.Pattern())
	// Output:
	// o-abc1234567
	// o-abc1234567/r-wxyz/ou-wxyz-jklm1dev/*
}

// The root of an organization is no OU.
func ExampleParsePath_refused() {
	_, err := address.ParsePath("o-abc1234567/r-wxyz/*")
	fmt.Println(err)
	// Output: got "o-abc1234567/r-wxyz/*", allowed: an OU path o-…/r-…/ou-…, from the organization's id down to the OU; add the OU's id: a root is the whole organization
}

// The address is all that another account needs to know.
func ExampleQueue() {
	orders := address.Queue{Region: "us-east-1", Account: "111111111111", Name: "orders.fifo", Alias: "orders"}
	fmt.Println(orders.URL())
	fmt.Println(orders.KeyAliasARN())
	fmt.Println(orders.DeadLetter().Name)
	// Output:
	// https://sqs.us-east-1.amazonaws.com/111111111111/orders.fifo
	// arn:aws:kms:us-east-1:111111111111:alias/orders
	// orders-dlq.fifo
}
