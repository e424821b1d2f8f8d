#include "producers/worker/parse/progress.h"

#include "producers/worker/parse/nbdcopy.h"
#include "producers/worker/parse/qemu_img.h"

namespace godwit::worker::parse {

std::optional<Reading> ProgressReader::feed(Channel channel, std::string_view bytes) {
  const Channel wanted = dialect_ == Dialect::qemu_img ? Channel::standard_output : Channel::extra;
  if (dialect_ == Dialect::silent || channel != wanted) return std::nullopt;
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
  }
  if (!percentage) return std::nullopt;
  return Reading{.percentage = percentage, .bytes_done = {}};
}

}  // namespace godwit::worker::parse
