// Steps: which tool is called with which arguments for what. Pure: paths in, commands out. Paths are
// absolute, so none can pass for a flag or a protocol.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/event/data.h"
#include "producers/worker/parse/progress.h"
#include "producers/worker/parse/qemu_img.h"
#include "producers/worker/runner.h"

namespace godwit::worker {

inline constexpr std::string_view stage_export = "export";
inline constexpr std::string_view stage_conversion = "conversion";
inline constexpr std::string_view stage_precopy = "precopy";
inline constexpr std::string_view stage_cutover = "cutover";
inline constexpr std::string_view stage_upload = "upload";
inline constexpr std::string_view stage_validation = "validation";

// Formats qemu-img can both write and compare without changing the size of the disk.
bool is_target_format(std::string_view format);
bool is_source_format(std::string_view format);

// A tool's call and how to read it. `tool` begins its messages.
struct Step {
  std::string tool;
  Command command;
  parse::Dialect dialect = parse::Dialect::silent;
};

struct ExportOptions {
  std::string rate_file;       // nbdkit reads its rate from there, again and again
  bool has_log_filter = true;  // of nbdkit; without it progress comes from nbdcopy, in coarse steps
};

Step probe_log_filter();
Step probe_image(const std::string& path, const std::optional<std::string>& format);
// The source file as it is, byte for byte, served by nbdkit and fetched by nbdcopy.
Step export_disk(const std::string& source, const std::string& copy, const ExportOptions& options);
// An empty image, of which all reads as zero.
Step create_image(const std::string& path, std::string_view format, std::int64_t bytes_virtual);
Step convert_image(const std::string& from, std::string_view from_format, const std::string& to,
                   std::string_view to_format, std::optional<std::int64_t> bytes_per_second_max);
// The guest in `from` made to run on KVM, as the image v2v_image in `folder`.
inline constexpr const char* v2v_image = "guest-sda";
Step virt_v2v(const std::string& from, std::string_view from_format, const std::string& folder,
              std::string_view to_format);
Step compare_images(const std::string& one, std::string_view one_format, const std::string& other,
                    std::string_view other_format);

// Whether an export of this one file holds the whole disk: `invalid` for a disk that refers to other files.
Status check_source(const parse::ImageInfo& info);

}  // namespace godwit::worker
