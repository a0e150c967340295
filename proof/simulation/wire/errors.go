// Package wire has the protocols of AWS's services, their errors and signatures, and
// listeners for both HTTP and HTTPS. It knows what is asked and answered, not by whom
// and why.
package wire

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// An Error is an error that AWS answers.
type Error struct {
	Code    string // as SDKs give it, like AccessDenied or KMS.DisabledException
	Message string
	Status  int // of HTTP; 400 if it is zero
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Invalid is an error of HTTP status 400.
func Invalid(code, format string, values ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, values...)}
}

// AsError is err as AWS answers it. One that is no error of AWS becomes an internal
// failure.
func AsError(err error) *Error {
	refused := Error{Code: "InternalFailure", Message: err.Error(), Status: http.StatusInternalServerError}
	if known := (*Error)(nil); errors.As(err, &known) {
		refused = *known
	}
	refused.Status = cmp.Or(refused.Status, http.StatusBadRequest)
	return &refused
}

// SimpleQueueService is what many of SQS's codes begin with.
const SimpleQueueService = "AWS.SimpleQueueService."

// frontShapes are the names in the JSON protocols of errors that any service may answer,
// by their codes.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html
var frontShapes = map[string]string{
	"AccessDenied":          "AccessDeniedException",
	"ExpiredToken":          "ExpiredTokenException",
	"IncompleteSignature":   "IncompleteSignatureException",
	"InvalidAction":         "UnknownOperationException",
	"InvalidClientTokenId":  "UnrecognizedClientException",
	"InvalidParameterValue": "InvalidParameterValueException",
	"MalformedInput":        "SerializationException",
	"MissingParameter":      "MissingRequiredParameterException",
	"RequestEntityTooLarge": "RequestEntityTooLargeException",
	"RequestTimeout":        "RequestTimeoutException",
	"SignatureDoesNotMatch": "InvalidSignatureException",
}

// sqsShapes are the names in SQS's model of its errors, where they differ from the
// codes.
// https://github.com/aws/aws-sdk-go-v2/blob/main/codegen/sdk-codegen/aws-models/sqs.json
var sqsShapes = map[string]string{
	"KMS.AccessDeniedException":             "KmsAccessDenied",
	"KMS.DisabledException":                 "KmsDisabled",
	"KMS.InvalidKeyUsageException":          "KmsInvalidKeyUsage",
	"KMS.InvalidStateException":             "KmsInvalidState",
	"KMS.NotFoundException":                 "KmsNotFound",
	"KMS.OptInRequired":                     "KmsOptInRequired",
	"KMS.ThrottlingException":               "KmsThrottled",
	"QueueAlreadyExists":                    "QueueNameExists",
	SimpleQueueService + "NonExistentQueue": "QueueDoesNotExist",
}

// shape is what the error is called in the JSON protocol of a service.
func (e *Error) shape(service string) string {
	if name, ok := frontShapes[e.Code]; ok {
		return "com.amazon.coral.service#" + name
	}
	if service != "sqs" {
		return e.Code
	}
	if name, ok := sqsShapes[e.Code]; ok {
		return "com.amazonaws.sqs#" + name
	}
	return "com.amazonaws.sqs#" + strings.TrimPrefix(e.Code, SimpleQueueService)
}
