#include "producers/worker/steps.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace godwit::worker {
namespace {

constexpr std::array<std::string_view, 5> target_formats{"qcow2", "raw", "vmdk", "vdi", "vhdx"};
constexpr std::array<std::string_view, 6> source_formats{"qcow2", "raw", "vmdk", "vdi", "vhdx", "vpc"};

Step step_of(const char* tool, parse::Dialect dialect, std::vector<std::string> arguments) {
  Step step;
  step.tool = tool;
  step.dialect = dialect;
  step.command.program = tool;
  step.command.arguments = std::move(arguments);
  return step;
}

template <class List>
bool contains(const List& list, std::string_view item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

}  // namespace

bool is_target_format(std::string_view format) { return contains(target_formats, format); }
bool is_source_format(std::string_view format) { return contains(source_formats, format); }

Step probe_log_filter() {
  return step_of("nbdkit", parse::Dialect::silent, {"--filter=log", "--dump-plugin", "file"});
}

Step probe_image(const std::string& path, const std::optional<std::string>& format) {
  Step step = step_of("qemu-img", parse::Dialect::silent, {"info", "--output=json"});
  if (format) step.command.arguments.insert(step.command.arguments.end(), {"-f", *format});
  step.command.arguments.insert(step.command.arguments.end(), {"--", path});
  return step;
}

Step export_disk(const std::string& source, const std::string& copy, const ExportOptions& options) {
  Step step =
      step_of("nbdcopy", options.has_log_filter ? parse::Dialect::nbdkit_log : parse::Dialect::nbdcopy, {});
  step.command.has_extra_pipe = true;
  std::vector<std::string> server{"nbdkit", "--exit-with-parent", "--readonly"};
  std::vector<std::string> parameters{"file=" + source};
  if (options.has_log_filter) {
    server.emplace_back("--filter=log");
    parameters.push_back(fmt::format("logfile=/dev/fd/{}", Command::extra_descriptor));
  }
  if (!options.rate_file.empty()) {
    server.emplace_back("--filter=rate");
    parameters.push_back("rate-file=" + options.rate_file);
  }
  server.emplace_back("file");
  auto& arguments = step.command.arguments;
  if (!options.has_log_filter) arguments.push_back(fmt::format("--progress={}", Command::extra_descriptor));
  arguments.insert(arguments.end(), {"--", "["});
  arguments.insert(arguments.end(), server.begin(), server.end());
  arguments.insert(arguments.end(), parameters.begin(), parameters.end());
  arguments.insert(arguments.end(), {"]", copy});
  return step;
}

Step create_image(const std::string& path, std::string_view format, std::int64_t bytes_virtual) {
  return step_of("qemu-img", parse::Dialect::silent,
                 {"create", "-q", "-f", std::string{format}, "--", path, std::to_string(bytes_virtual)});
}

Step convert_image(const std::string& from, std::string_view from_format, const std::string& to,
                   std::string_view to_format, std::optional<std::int64_t> bytes_per_second_max) {
  Step step = step_of("qemu-img", parse::Dialect::qemu_img,
                      {"convert", "-p", "-f", std::string{from_format}, "-O", std::string{to_format}});
  auto& arguments = step.command.arguments;
  if (bytes_per_second_max) arguments.insert(arguments.end(), {"-r", std::to_string(*bytes_per_second_max)});
  arguments.insert(arguments.end(), {"--", from, to});
  return step;
}

Step virt_v2v(const std::string& from, std::string_view from_format, const std::string& folder,
              std::string_view to_format) {
  Step step = step_of("virt-v2v", parse::Dialect::virt_v2v,
                      {fmt::format("--machine-readable=fd:{}", Command::extra_descriptor), "-i", "disk",
                       "-if", std::string{from_format}, from, "-o", "local", "-os", folder, "-on", "guest",
                       "-of", std::string{to_format}});
  step.command.has_extra_pipe = true;
  return step;
}

Step compare_images(const std::string& one, std::string_view one_format, const std::string& other,
                    std::string_view other_format) {
  return step_of(
      "qemu-img", parse::Dialect::qemu_img,
      {"compare", "-p", "-f", std::string{one_format}, "-F", std::string{other_format}, "--", one, other});
}

Status check_source(const parse::ImageInfo& info) {
  if (!is_source_format(info.format))
    return invalid_error(
        fmt::format("the source's format '{}' is not one of qcow2, raw, vmdk, vdi, vhdx, vpc", info.format));
  if (!info.backing_file.empty())
    return invalid_error("the source has a backing file: flatten it first (qemu-img convert)");
  const bool is_one_file = info.create_type.empty() || info.create_type == "monolithicSparse" ||
                           info.create_type == "streamOptimized";
  if (!is_one_file)
    return invalid_error(fmt::format(
        "the source is a VMDK of several files ({}): export it as one file first", info.create_type));
  return Done{};
}

}  // namespace godwit::worker
