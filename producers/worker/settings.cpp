#include "producers/worker/settings.h"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <array>
#include <filesystem>

#include "common/base/uuid.h"
#include "producers/cpp/migration.h"
#include "producers/worker/file.h"
#include "producers/worker/parse/diagnosis.h"
#include "producers/worker/parse/number.h"
#include "producers/worker/steps.h"
#include "producers/worker/subprocess.h"
#include "producers/worker/tools.h"

namespace godwit::worker {
namespace {

namespace fs = std::filesystem;

std::string host_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "localhost";
  return name.data();
}

std::optional<std::string> user_name() {
  const passwd* const entry = getpwuid(geteuid());
  if (entry == nullptr) return std::nullopt;
  return std::string{entry->pw_name};
}

std::optional<std::string> given(const std::string& text) {
  if (text.empty()) return std::nullopt;
  return text;
}

Result<std::string> checked_source(const std::string& source) {
  std::error_code error;
  const fs::path path = fs::canonical(source, error);
  if (error) return invalid_error(fmt::format("--source {}: {}", source, error.message()));
  if (!fs::is_regular_file(path, error))
    return invalid_error(fmt::format("--source {}: is not a regular file", source));
  if (auto file = open_for_reading(path.string()); !file)
    return invalid_error(fmt::format("--source {}", file.error().message));
  return path.string();
}

Status check_target_directory(const Target& target, const std::string& source) {
  std::error_code error;
  const fs::path folder = fs::path{target.location}.parent_path();
  if (!fs::is_directory(folder, error))
    return invalid_error(fmt::format("--target: there is no directory {}", folder.string()));
  if (fs::equivalent(target.location, source, error) && !error)
    return invalid_error("--target: the image would overwrite its source");
  return Done{};
}

Status check_tools(EngineKind engine) {
  for (const Tool& tool : needed_tools(engine))
    if (!is_on_path(tool.program))
      return invalid_error(
          fmt::format("{} is not installed (Debian: apt install {})", tool.program, tool.package));
  return Done{};
}

// The flag behind the member of an event that is refused.
Error in_terms_of_flags(const Error& refused) {
  std::string_view message = refused.message;
  if (parse::take_prefix(message, "/subject") || parse::take_prefix(message, "/data/task_id"))
    return invalid_error(fmt::format("--task-id{}", message));
  if (parse::take_prefix(message, "/data/vm_name")) return invalid_error(fmt::format("--vm{}", message));
  if (parse::take_prefix(message, "/data/plan_id")) return invalid_error(fmt::format("--plan-id{}", message));
  if (parse::take_prefix(message, "/data/")) return invalid_error(fmt::format("--{}", message));
  return refused;
}

Status check_texts(const producer::Identity& identity) {
  const auto is_text = [](const std::string& text) { return parse::printable_utf8(text) == text; };
  if (!is_text(identity.vm_name)) return invalid_error("--vm: must be UTF-8 without control characters");
  if (!is_text(identity.user.value_or("")))
    return invalid_error("--user: must be UTF-8 without control characters");
  if (!is_text(identity.source->uri))
    return invalid_error("--source: must be UTF-8 without control characters");
  return Done{};
}

producer::Identity identity_of(const Request& request, const Settings& settings, Timestamp now) {
  const DiskSettings& first = settings.disks.front();
  producer::Identity identity;
  identity.task_id = request.task_id.empty() ? make_uuid_v7(now) : request.task_id;
  identity.vm_name = request.vm.empty() ? fs::path{first.source}.stem().string() : request.vm;
  identity.provider = request.provider;
  identity.host = host_name();
  identity.worker_id = make_uuid_v7(now);
  identity.attempt = request.attempt;
  identity.user = request.user.empty() ? user_name() : request.user;
  identity.plan_id = given(request.plan_id);
  identity.mode = settings.engine == EngineKind::warm ? "warm" : "cold";
  identity.source =
      producer::Place{.uri = "file://" + first.source, .format = first.source_format.value_or("")};
  return identity;
}

Result<EngineKind> engine_of(const Request& request) {
  if (request.engine != "copy" && request.engine != "virt-v2v")
    return invalid_error(fmt::format("--engine {} is not one of copy, virt-v2v", request.engine));
  if (request.engine == "copy") return request.warm ? EngineKind::warm : EngineKind::copy;
  if (request.warm) return invalid_error("--engine virt-v2v: cannot be --warm");
  if (request.disks.size() > 1) return invalid_error("--engine virt-v2v: converts one disk");
  if (request.format != "qcow2" && request.format != "raw")
    return invalid_error("--engine virt-v2v: --format must be qcow2 or raw");
  return EngineKind::virt_v2v;
}

Status check_words(const Request& request) {
  if (request.rate_limit != 0 && request.rate_limit < rate_min)
    return invalid_error(fmt::format("--rate-limit must be 0 or at least {}", rate_min));
  if (!is_target_format(request.format))
    return invalid_error(
        fmt::format("--format {} is not one of qcow2, raw, vmdk, vdi, vhdx", request.format));
  if (request.disks.empty()) return invalid_error("--source is required");
  for (const Request::Disk& disk : request.disks)
    if (!disk.format.empty() && !is_source_format(disk.format))
      return invalid_error(
          fmt::format("--source-format {} is not one of qcow2, raw, vmdk, vdi, vhdx, vpc", disk.format));
  return Done{};
}

Result<Target> target_of(const Request& request, const std::string& vm_name, std::size_t index) {
  const bool is_one_of_many = request.disks.size() > 1;
  const std::string name = is_one_of_many ? fmt::format("{}-{}", vm_name, index) : vm_name;
  if (is_one_of_many && request.target.starts_with("http") && !request.target.ends_with('/'))
    return invalid_error("--target: must end in / when there are several disks");
  return parse_target(request.target, file_name_of(name, request.format));
}

}  // namespace

Result<Settings> check(const Request& request, Timestamp now) {
  Settings settings;
  if (Status words = check_words(request); !words) return words.error();
  const auto engine = engine_of(request);
  if (!engine) return engine.error();
  settings.engine = *engine;
  if (Status tools = check_tools(settings.engine); !tools) return tools.error();
  settings.format = request.format;
  settings.warm.limits.rounds_max = request.rounds;
  settings.warm.limits.cutover_below_bytes = request.cutover_below;
  settings.warm.round_interval = std::chrono::seconds{request.round_interval_s};
  if (request.rate_limit > 0) settings.bytes_per_second_max = request.rate_limit;
  for (const Request::Disk& disk : request.disks) {
    auto source = checked_source(disk.source);
    if (!source) return source.error();
    settings.disks.push_back({std::move(*source), given(disk.format), {}});
  }
  settings.identity = identity_of(request, settings, now);
  if (Status texts = check_texts(settings.identity); !texts) return texts.error();
  for (std::size_t i = 0; i < settings.disks.size(); ++i) {
    DiskSettings& disk = settings.disks[i];
    auto target = target_of(request, settings.identity.vm_name, i);
    if (!target) return target.error();
    disk.target = std::move(*target);
    if (disk.target.kind != Target::Kind::directory) continue;
    if (Status usable = check_target_directory(disk.target, disk.source); !usable) return usable.error();
  }
  settings.identity.target =
      producer::Place{.uri = settings.disks.front().target.shown_uri, .format = request.format};

  std::error_code error;
  const fs::path work_dir = fs::canonical(request.work_dir, error);
  if (error) return invalid_error(fmt::format("--work-dir {}: {}", request.work_dir, error.message()));
  settings.work_dir = work_dir.string();
  if (Status valid = producer::Migration::check(settings.identity); !valid)
    return in_terms_of_flags(valid.error());
  return settings;
}

}  // namespace godwit::worker
