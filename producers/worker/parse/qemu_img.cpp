#include "producers/worker/parse/qemu_img.h"

#include "producers/worker/parse/framing.h"
#include "producers/worker/parse/number.h"

namespace godwit::worker::parse {
namespace {

// `"text",` -> text. Escapes stay as they are: only formats and the presence of a name are looked at.
std::optional<std::string_view> quoted(std::string_view value) {
  take_suffix(value, ",");
  if (!take_prefix(value, "\"") || !take_suffix(value, "\"")) return std::nullopt;
  return value;
}

std::optional<std::int64_t> integer(std::string_view value) {
  take_suffix(value, ",");
  return number<std::int64_t>(value);
}

}  // namespace

std::optional<double> qemu_img_progress(std::string_view line) {
  const std::size_t start = line.find_first_not_of(' ');
  if (start == 0 || start == std::string_view::npos) return std::nullopt;
  line.remove_prefix(start);
  if (!take_prefix(line, "(") || !take_suffix(line, "/100%)")) return std::nullopt;
  // Two decimals always: "(100/100%)" is some other tool.
  if (line.size() < 4 || line[line.size() - 3] != '.') return std::nullopt;
  const auto percentage = number<double>(line);
  return percentage && *percentage >= 0 && *percentage <= 100 ? percentage : std::nullopt;
}

Result<ImageInfo> qemu_img_info(std::string_view json) {
  ImageInfo info;
  bool has_virtual_size = false;
  const auto on_line = [&](std::string_view line) {
    // The type of a VMDK lies deeper, in format-specific.data; the rest is of the image itself.
    std::string_view deep = line;
    if (take_prefix(deep, "            \"create-type\": ")) info.create_type = quoted(deep).value_or("");
    if (!take_prefix(line, "    \"")) return;
    if (take_prefix(line, "format\": ")) info.format = quoted(line).value_or("");
    if (take_prefix(line, "backing-filename\": ")) info.backing_file = quoted(line).value_or("?");
    if (take_prefix(line, "actual-size\": ")) info.bytes_allocated = integer(line).value_or(0);
    if (take_prefix(line, "virtual-size\": ")) {
      const auto size = integer(line);
      has_virtual_size = size && *size >= 0;
      info.bytes_virtual = size.value_or(0);
    }
  };
  LineFramer framer{{.line_bytes_max = 64 * 1024}};
  framer.feed(json, on_line);
  framer.finish(on_line);
  if (info.format.empty() || !has_virtual_size)
    return invalid_error("qemu-img info names no format or no virtual size");
  return info;
}

}  // namespace godwit::worker::parse
