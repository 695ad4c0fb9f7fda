// The part of onnxruntime's C interface that a custom operator needs.
//
// Declared here so that the library builds without onnxruntime, whose Python
// package has no headers. The interface is a table of functions which is only
// ever appended to, so a position in it is for good; names are ours.
#pragma once
#include <stddef.h>
#include <stdint.h>

// Of the interface: onnxruntime 1.17, from which an operator may have the
// session's threads. Of an operator: 1.16, from which it may fail.
constexpr uint32_t kOrtVersion = 17, kOperatorVersion = 16;

constexpr int kOrtFail = 1, kOrtInvalidArgument = 2;  // OrtErrorCode
constexpr int kOrtFloat = 1, kOrtInt64 = 7;  // ONNXTensorElementDataType

struct OrtStatus;
struct OrtValue;
struct OrtTensorInfo;
struct OrtCustomOp;
struct OrtCustomOpDomain;
struct OrtSessionOptions;
struct OrtKernelContext;

struct OrtApi {
  OrtStatus *(*create_status)(int code, const char *message);  // 0
  void *others_1[25];
  OrtStatus *(*create_domain)(const char *name, OrtCustomOpDomain **);  // 26
  OrtStatus *(*add_operator)(OrtCustomOpDomain *, const OrtCustomOp *);
  OrtStatus *(*add_domain)(OrtSessionOptions *, OrtCustomOpDomain *);
  void *others_29[22];
  OrtStatus *(*get_data)(OrtValue *, void **);  // 51
  void *others_52[9];
  OrtStatus *(*get_rank)(const OrtTensorInfo *, size_t *);  // 61
  OrtStatus *(*get_sizes)(const OrtTensorInfo *, int64_t *, size_t count);
  void *others_63[2];
  OrtStatus *(*get_info)(const OrtValue *, OrtTensorInfo **);  // 65
  void *others_66[24];
  OrtStatus *(*get_input)(const OrtKernelContext *, size_t index,
                          const OrtValue **);  // 90
  OrtStatus *(*get_output)(OrtKernelContext *, size_t index,
                           const int64_t *sizes, size_t count, OrtValue **);
  void *others_92[7];
  void (*release_info)(OrtTensorInfo *);  // 99
  void *others_100[174];
  OrtStatus *(*parallel_for)(const OrtKernelContext *,
                             void (*function)(void *data, size_t index),
                             size_t count, size_t batches,
                             void *data);  // 274
};

struct OrtApiBase {
  const OrtApi *(*get_api)(uint32_t version);  // null where it is newer
  const char *(*get_version)();
};

struct OrtCustomOp {
  uint32_t version;
  void *create_without_status;
  const char *(*get_name)(const OrtCustomOp *);
  const char *(*get_provider)(const OrtCustomOp *);
  int (*get_input_type)(const OrtCustomOp *, size_t index);
  size_t (*get_input_count)(const OrtCustomOp *);
  int (*get_output_type)(const OrtCustomOp *, size_t index);
  size_t (*get_output_count)(const OrtCustomOp *);
  void *compute_without_status;
  void (*destroy)(void *kernel);
  int (*get_input_kind)(const OrtCustomOp *, size_t index);
  int (*get_output_kind)(const OrtCustomOp *, size_t index);
  int (*get_input_memory)(const OrtCustomOp *, size_t index);
  void *of_variadic_operators[4];
  OrtStatus *(*create)(const OrtCustomOp *, const OrtApi *, const void *info,
                       void **kernel);
  OrtStatus *(*compute)(void *kernel, OrtKernelContext *);
};
