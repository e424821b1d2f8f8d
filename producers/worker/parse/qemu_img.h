// What qemu-img prints: progress frames of `convert -p` and `compare -p`, and `info --output=json`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace godwit::worker::parse {

// "    (43.75/100%)" -> 43.75, without its \r; nullopt for any other line. It counts allocated data, not
// virtual size.
std::optional<double> qemu_img_progress(std::string_view line);

// The figures of one image. `backing_file` and `create_type` are empty when the tool names none.
struct ImageInfo {
  std::string format;
  std::int64_t bytes_virtual = 0;
  std::int64_t bytes_allocated = 0;  // what the file takes on its disk
  std::string backing_file;
  std::string create_type;  // vmdk: monolithicSparse, streamOptimized, monolithicFlat, ...
};

// Reads the JSON as qemu-img lays it out: one member per line, top-level members indented by four blanks, so
// that no file name can pass for a member. `invalid` when format or virtual size is missing.
Result<ImageInfo> qemu_img_info(std::string_view json);

}  // namespace godwit::worker::parse
