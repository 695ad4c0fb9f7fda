// The operator fer_yolo_mamba.OmniScan for onnxruntime: what one registers as
// a library of custom operators, in any language, to run a native model.
#include <numeric>
#include <thread>

#include "omni_scan.h"
#include "onnx_interface.h"

extern "C" int omni_scan_forward_f32(const Scan *s);

namespace {

const OrtApi *api;

// The inputs, in the order of ScanInputs in ops/backend.py and then the pixel
// visited at each position; all of them dense.
enum Input { u, dt, A, B, C, D, dt_weight, dt_bias, visits, kInputs };

struct Tensor {
  void *data;
  int64_t sizes[8];
};

OrtStatus *read(OrtKernelContext *context, size_t index, Tensor &tensor) {
  const OrtValue *value;
  OrtTensorInfo *info;
  size_t count;
  if (OrtStatus *error = api->get_input(context, index, &value)) return error;
  if (OrtStatus *error = api->get_data((OrtValue *)value, &tensor.data))
    return error;
  if (OrtStatus *error = api->get_info(value, &info)) return error;
  OrtStatus *error = api->get_rank(info, &count);
  if (!error) error = api->get_sizes(info, tensor.sizes, count < 8 ? count : 8);
  api->release_info(info);
  return error;
}

OrtStatus *compute(void *, OrtKernelContext *context) {
  Tensor in[kInputs];
  for (size_t i = 0; i < kInputs; ++i)
    if (OrtStatus *error = read(context, i, in[i])) return error;
  const int64_t *size = in[u].sizes;

  Scan s{};
  s.batch = size[0], s.length = size[1] * size[2], s.channels = size[3];
  s.directions = in[dt_bias].sizes[0];
  s.states = in[A].sizes[1];
  s.rank = in[dt].sizes[4];
  if (s.states > kMaxStates)
    return api->create_status(kOrtInvalidArgument,
                              "OmniScan: more than 64 states a channel");
  const int64_t cores = std::thread::hardware_concurrency();
  s.threads = cores ? cores : 1;
  // As few groups of channels as give every thread as many tasks.
  s.groups = s.threads / std::gcd(s.threads, s.batch ? s.batch : 1);
  const int64_t most = (s.channels + 15) / 16;
  if (s.groups > most) s.groups = most;

  s.u_pixel = s.channels, s.u_batch = s.length * s.u_pixel;
  s.dt_direction = s.rank, s.dt_pixel = s.directions * s.rank;
  s.B_direction = s.C_direction = s.states;
  s.B_pixel = s.C_pixel = s.directions * s.states;
  s.dt_batch = s.length * s.dt_pixel;
  s.B_batch = s.C_batch = s.length * s.B_pixel;
  s.order = (const int64_t *)in[visits].data;
  s.u = in[u].data, s.dt = in[dt].data, s.A = in[A].data, s.B = in[B].data;
  s.C = in[C].data, s.D = in[D].data;
  s.dt_weight = in[dt_weight].data, s.dt_bias = in[dt_bias].data;

  OrtValue *y;
  if (OrtStatus *error = api->get_output(context, 0, size, 4, &y)) return error;
  if (OrtStatus *error = api->get_data(y, &s.y)) return error;
  if (omni_scan_forward_f32(&s) != 0)
    return api->create_status(kOrtFail, "OmniScan: no memory left");
  return nullptr;
}

const char *name(const OrtCustomOp *) { return "OmniScan"; }
const char *provider(const OrtCustomOp *) { return nullptr; }  // the CPU's
int input_type(const OrtCustomOp *, size_t index) {
  return index == visits ? kOrtInt64 : kOrtFloat;
}
size_t input_count(const OrtCustomOp *) { return kInputs; }
int output_type(const OrtCustomOp *, size_t) { return kOrtFloat; }
size_t output_count(const OrtCustomOp *) { return 1; }
int required(const OrtCustomOp *, size_t) { return 0; }
int default_memory(const OrtCustomOp *, size_t) { return 0; }

// It has no state: any pointer but null is a kernel.
OrtStatus *create(const OrtCustomOp *op, const OrtApi *, const void *,
                  void **kernel) {
  *kernel = (void *)op;
  return nullptr;
}
void destroy(void *) {}

OrtCustomOp make_operator() {
  OrtCustomOp op{};
  op.version = kOrtVersion;
  op.get_name = name;
  op.get_provider = provider;
  op.get_input_type = input_type;
  op.get_input_count = input_count;
  op.get_output_type = output_type;
  op.get_output_count = output_count;
  op.destroy = destroy;
  op.get_input_kind = required;
  op.get_output_kind = required;
  op.get_input_memory = default_memory;
  op.create = create;
  op.compute = compute;
  return op;
}

const OrtCustomOp kOperator = make_operator();

}  // namespace

// What onnxruntime looks for in a library of custom operators.
extern "C" OrtStatus *RegisterCustomOps(OrtSessionOptions *options,
                                        const OrtApiBase *base) {
  api = base->get_api(kOrtVersion);
  if (!api) return nullptr;  // older: it will say that it lacks the operator
  // Of the process, as the sessions that use it may live as long.
  static OrtCustomOpDomain *domain = nullptr;
  if (!domain) {
    if (OrtStatus *error = api->create_domain("fer_yolo_mamba", &domain))
      return error;
    if (OrtStatus *error = api->add_operator(domain, &kOperator)) return error;
  }
  return api->add_domain(options, domain);
}
