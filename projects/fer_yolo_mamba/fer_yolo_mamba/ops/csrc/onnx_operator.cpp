// The operator fer_yolo_mamba.OmniScan for onnxruntime: what one registers as
// a library of custom operators, in any language, to run a native model.
#include <algorithm>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <new>
#include <thread>

#include "omni_scan.h"
#include "onnx_interface.h"

namespace {

const OrtApi *api;

// The inputs, in the order of ScanInputs in ops/backend.py and then the pixel
// visited at each position; all of them dense.
enum Input { u, dt, A, B, C, D, dt_weight, dt_bias, visits, kInputs };

struct Tensor {
  void *data;
  size_t dimensions;
  int64_t sizes[8];  // zero beyond its dimensions
};

OrtStatus *read(OrtKernelContext *context, size_t index, Tensor &tensor) {
  const OrtValue *value;
  OrtTensorInfo *info;
  if (OrtStatus *error = api->get_input(context, index, &value)) return error;
  if (OrtStatus *error = api->get_data((OrtValue *)value, &tensor.data))
    return error;
  if (OrtStatus *error = api->get_info(value, &info)) return error;
  size_t &count = tensor.dimensions;
  OrtStatus *error = api->get_rank(info, &count);
  if (!error) error = api->get_sizes(info, tensor.sizes, count < 8 ? count : 8);
  api->release_info(info);
  return error;
}

bool has_shape(const Tensor &x, std::initializer_list<int64_t> shape) {
  return x.dimensions == shape.size() &&
         std::equal(shape.begin(), shape.end(), x.sizes);
}

// As check_shapes in ops/backend.py: whether all fit u's, and no map is empty.
bool shapes_fit(const Tensor *in) {
  const int64_t *size = in[u].sizes;
  const int64_t batch = size[0], H = size[1], W = size[2], channels = size[3];
  const int64_t K = in[dt_bias].sizes[0];
  const int64_t R = in[dt].sizes[4], N = in[A].sizes[1];
  return H && W && channels && K && R && N &&
         has_shape(in[u], {batch, H, W, channels}) &&
         has_shape(in[dt], {batch, H, W, K, R}) &&
         has_shape(in[B], {batch, H, W, K, N}) &&
         has_shape(in[C], {batch, H, W, K, N}) &&
         has_shape(in[dt_bias], {K, channels}) &&
         has_shape(in[dt_weight], {K, channels, R}) &&
         has_shape(in[A], {K * channels, N}) &&
         has_shape(in[D], {K * channels}) && has_shape(in[visits], {K, H * W});
}

OrtStatus *refuse(const char *message) {
  return api->create_status(kOrtInvalidArgument, message);
}
OrtStatus *no_memory() {
  return api->create_status(kOrtFail, "OmniScan: no memory left");
}

// Refuses directions that do not visit every pixel once: y is written where
// they lead, and only there.
OrtStatus *check_orders(const Scan &s) {
  std::unique_ptr<int64_t[]> last(new (std::nothrow) int64_t[s.length]);
  if (!last) return no_memory();
  std::fill_n(last.get(), s.length, -1);  // direction that visited a pixel
  for (int64_t k = 0; k < s.directions; ++k)
    for (int64_t t = 0; t < s.length; ++t) {
      const int64_t pixel = s.order[k * s.length + t];
      if (pixel < 0 || pixel >= s.length || last[pixel] == k)
        return refuse("OmniScan: a direction does not visit every pixel once");
      last[pixel] = k;
    }
  return nullptr;
}

// The session's threads, which are as many as it was given.
struct Session : Crew {
  const OrtKernelContext *context;
  OrtStatus *error = nullptr;

  explicit Session(const OrtKernelContext *context) : context(context) {}
  void run(void (*work)(void *, size_t), void *tasks, size_t times) override {
    error = api->parallel_for(context, work, times, 0, tasks);
  }
};

OrtStatus *compute(void *, OrtKernelContext *context) {
  Tensor in[kInputs]{};
  for (size_t i = 0; i < kInputs; ++i)
    if (OrtStatus *error = read(context, i, in[i])) return error;
  if (!shapes_fit(in))
    return refuse("OmniScan: the shapes of its inputs do not fit together");
  const int64_t *size = in[u].sizes;

  Scan s{};
  s.batch = size[0], s.length = size[1] * size[2], s.channels = size[3];
  s.directions = in[dt_bias].sizes[0];
  s.states = in[A].sizes[1];
  s.rank = in[dt].sizes[4];
  if (s.states > kMaxStates)
    return refuse("OmniScan: more than 64 states a channel");
  // At most, as the session does not say how many threads it has.
  const int64_t cores = std::thread::hardware_concurrency();
  s.threads = cores ? cores : 1;
  s.groups = omni_scan_groups(s.threads, s.batch, s.channels);

  s.u_pixel = s.channels, s.u_batch = s.length * s.u_pixel;
  s.dt_direction = s.rank, s.dt_pixel = s.directions * s.rank;
  s.B_direction = s.C_direction = s.states;
  s.B_pixel = s.C_pixel = s.directions * s.states;
  s.dt_batch = s.length * s.dt_pixel;
  s.B_batch = s.C_batch = s.length * s.B_pixel;
  s.order = (const int64_t *)in[visits].data;
  if (OrtStatus *error = check_orders(s)) return error;
  s.u = in[u].data, s.dt = in[dt].data, s.A = in[A].data, s.B = in[B].data;
  s.C = in[C].data, s.D = in[D].data;
  s.dt_weight = in[dt_weight].data, s.dt_bias = in[dt_bias].data;

  OrtValue *y;
  if (OrtStatus *error = api->get_output(context, 0, size, 4, &y)) return error;
  if (OrtStatus *error = api->get_data(y, &s.y)) return error;
  Session session(context);
  return forward_on(session, s) == 0 ? session.error : no_memory();
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
  op.version = kOperatorVersion;
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
  static std::mutex of_sessions_that_begin;
  const std::lock_guard<std::mutex> lock(of_sessions_that_begin);
  api = base->get_api(kOrtVersion);
  if (!api) return nullptr;  // older: it will say that it lacks the operator
  // Of the process, as the sessions that use it may live as long.
  static OrtCustomOpDomain *domain = nullptr;
  if (!domain) {
    OrtCustomOpDomain *empty;
    if (OrtStatus *error = api->create_domain("fer_yolo_mamba", &empty))
      return error;
    if (OrtStatus *error = api->add_operator(empty, &kOperator)) return error;
    domain = empty;
  }
  return api->add_domain(options, domain);
}
