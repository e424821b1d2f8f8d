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
#include "producers/worker/plan.h"
#include "producers/worker/subprocess.h"

namespace godwit::worker {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t rate_min = 65'536;  // below this an upload would look stalled

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

Status check_tools() {
  for (const std::string_view tool : needed_tools())
    if (!is_on_path(tool))
      return invalid_error(
          fmt::format("{} is not installed (Debian: apt install qemu-utils nbdkit libnbd-bin)", tool));
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

producer::Identity identity_of(const MigrateFlags& flags, const Settings& settings, Timestamp now) {
  producer::Identity identity;
  identity.task_id = flags.task_id.empty() ? make_uuid_v7(now) : flags.task_id;
  identity.vm_name = flags.vm.empty() ? fs::path{settings.source}.stem().string() : flags.vm;
  identity.provider = flags.provider;
  identity.host = host_name();
  identity.worker_id = make_uuid_v7(now);
  identity.attempt = flags.attempt;
  identity.user = flags.user.empty() ? user_name() : flags.user;
  identity.plan_id = given(flags.plan_id);
  identity.source = producer::Place{.uri = "file://" + settings.source, .format = flags.source_format};
  return identity;
}

}  // namespace

void MigrateFlags::add(service::Flags& flags) {
  flags.required_text("source", source, "Disk image to migrate: one file");
  flags.required_text("target", target, "Where to: http(s)://... to PUT to, or file:/DIRECTORY");
  flags.text("source-format", source_format, "Its format; qemu-img finds out when not given");
  flags.choice("format", format, {"qcow2", "raw", "vmdk", "vdi", "vhdx"}, "Format to convert to");
  flags.text("vm", vm, "The VM's name; default: the source's file name");
  flags.text("provider", provider, "Where the VM comes from: vsphere, hyperv, ...");
  flags.text("user", user, "Who asked for it; default: the user running this");
  flags.text("task-id", task_id, "Names the task in all views; default: a new UUID");
  flags.text("plan-id", plan_id, "The plan this task belongs to");
  flags.integer("attempt", attempt, 1, 1'000'000, "Number of this try of the task");
  flags.text("work-dir", work_dir, "Where the exported and the converted image lie meanwhile");
  flags.text("spool", spool,
             "Where events wait for Kafka, one directory per cluster; default: godwit/spool/BROKERS in "
             "$XDG_STATE_HOME or ~/.local/state");
  flags.integer("rate-limit", rate_limit, 0, std::int64_t{1} << 50, "Bytes per second at most; 0: no limit");
  kafka.add(flags);
}

Result<Settings> check(const MigrateFlags& flags, Timestamp now) {
  Settings settings;
  if (Status tools = check_tools(); !tools) return tools.error();
  if (flags.rate_limit != 0 && flags.rate_limit < rate_min)
    return invalid_error(fmt::format("--rate-limit must be 0 or at least {}", rate_min));
  if (!flags.source_format.empty() && !is_source_format(flags.source_format))
    return invalid_error(fmt::format("--source-format {} is not one of qcow2, raw, vmdk, vdi, vhdx, vpc",
                                     flags.source_format));
  auto source = checked_source(flags.source);
  if (!source) return source.error();
  settings.source = std::move(*source);
  settings.source_format = given(flags.source_format);
  settings.format = flags.format;
  if (flags.rate_limit > 0) settings.bytes_per_second_max = flags.rate_limit;

  settings.identity = identity_of(flags, settings, now);
  if (Status texts = check_texts(settings.identity); !texts) return texts.error();
  auto target = parse_target(flags.target, file_name_of(settings.identity.vm_name, flags.format));
  if (!target) return target.error();
  settings.target = std::move(*target);
  if (settings.target.kind == Target::Kind::directory)
    if (Status usable = check_target_directory(settings.target, settings.source); !usable)
      return usable.error();
  settings.identity.target = producer::Place{.uri = settings.target.shown_uri, .format = flags.format};

  std::error_code error;
  const fs::path work_dir = fs::canonical(flags.work_dir, error);
  if (error) return invalid_error(fmt::format("--work-dir {}: {}", flags.work_dir, error.message()));
  settings.work_dir = work_dir.string();
  if (Status valid = producer::Migration::check(settings.identity); !valid)
    return in_terms_of_flags(valid.error());
  return settings;
}

}  // namespace godwit::worker
