#include "producers/worker/parse/progress.h"

#include "producers/worker/parse/nbdcopy.h"
#include "producers/worker/parse/qemu_img.h"
#include "producers/worker/parse/virt_v2v.h"

namespace godwit::worker::parse {
namespace {

Channel channel_of(Dialect dialect) {
  if (dialect == Dialect::qemu_img) return Channel::standard_output;
  return dialect == Dialect::virt_v2v ? Channel::standard_error : Channel::extra;
}

}  // namespace

std::optional<Reading> ProgressReader::feed(Channel channel, std::string_view bytes) {
  if (dialect_ == Dialect::silent || channel != channel_of(dialect_)) return std::nullopt;
  std::optional<Reading> newest;
  framer_.feed(bytes, [&](std::string_view line) {
    if (const auto reading = read(line)) newest = reading;
  });
  return newest;
}

std::optional<Reading> ProgressReader::read(std::string_view line) {
  std::optional<double> percentage;
  switch (dialect_) {
    case Dialect::silent:
      return std::nullopt;
    case Dialect::nbdkit_log:
      if (const auto bytes = log_.feed(line)) return Reading{.percentage = {}, .bytes_done = bytes};
      return std::nullopt;
    case Dialect::qemu_img:
      percentage = qemu_img_progress(line);
      break;
    case Dialect::nbdcopy:
      percentage = nbdcopy_progress(line);
      break;
    case Dialect::virt_v2v:
      percentage = virt_v2v_bar(line);
      break;
  }
  if (!percentage) return std::nullopt;
  return Reading{.percentage = percentage, .bytes_done = {}};
}

}  // namespace godwit::worker::parse
