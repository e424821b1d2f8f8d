// Progress: what a line of a command's output says about how far it is. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace godwit::cli {

enum class Dialect {
  any,       // whichever of qemu_img, rsync, curl, dd and percent the line is
  none,      // no line says anything
  qemu_img,  // "    (43.75/100%)"
  nbdcopy,   // "12/100", or the bar of nbdcopy and virt-v2v
  rsync,     // "    219,414,528  20%  200.02MB/s    0:00:04", of --info=progress2
  curl,      // its meter, or the bar of -#
  pv,        // "20", of -n, or its bar
  dd,        // "536870912 bytes (537 MB, 512 MiB) copied, 1 s, 537 MB/s", of status=progress
  percent,   // the last "12%" or "12.5 %" of the line
  figures,   // of a descriptor for progress alone: "12/100", "12" or "12%"
};

// As people name them: "auto" (of the program), "none", "qemu-img", ...
std::vector<std::string> dialect_names();
// The program is a path or a name; what is not known by name speaks `any`. `name` is one of dialect_names().
Dialect choose_dialect(std::string_view name, std::string_view program);

// percentage, bytes_done or both.
struct Progress {
  std::optional<double> percentage = {};
  std::optional<std::int64_t> bytes_done = {};
  std::string_view unit_basis = "percent";
  std::optional<std::int64_t> granularity_bytes = {};

  bool operator==(const Progress&) const = default;
};

// `line` without its \r or \n.
std::optional<Progress> read_progress(Dialect dialect, std::string_view line);

}  // namespace godwit::cli
