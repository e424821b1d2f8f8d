// ProgressReader: one tool's output in, figures out. Which tool, and so which of its streams and which form,
// is the dialect.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "producers/worker/parse/framing.h"
#include "producers/worker/parse/nbdkit_log.h"
#include "producers/worker/runner.h"

namespace godwit::worker::parse {

enum class Dialect {
  silent,      // says nothing about progress
  qemu_img,    // frames on standard output, percent of allocated data
  nbdcopy,     // N/100 on the extra pipe, percent of virtual size in work units
  nbdkit_log,  // requests on the extra pipe, bytes
  virt_v2v,    // a bar on standard error, percent of virtual size
};

// What the tool itself said: one of the two.
struct Reading {
  std::optional<double> percentage;
  std::optional<std::int64_t> bytes_done;
};

// A value; feed it one run's output in order.
class ProgressReader {
 public:
  explicit ProgressReader(Dialect dialect) : dialect_(dialect) {}

  // The newest figure in these bytes; nullopt when they hold none.
  std::optional<Reading> feed(Channel channel, std::string_view bytes);

 private:
  std::optional<Reading> read(std::string_view line);

  Dialect dialect_;
  LineFramer framer_;
  NbdkitLog log_;
};

}  // namespace godwit::worker::parse
