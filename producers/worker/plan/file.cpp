#include "producers/worker/plan/file.h"

#include <fmt/format.h>

#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>

#include "common/service/yaml.h"
#include "producers/worker/parse/number.h"

namespace godwit::worker {
namespace {

using service::Yaml;

// Reads members one by one; the first thing wrong is kept, and all after it does nothing.
class Reading {
 public:
  const std::optional<Error>& error() const { return error_; }

  void fail(int line, std::string_view what) {
    if (!error_) error_ = invalid_error(fmt::format("line {}: {}", line, what));
  }

  void text(std::string_view name, const Yaml& value, std::string& out) {
    if (value.kind != Yaml::Kind::scalar || value.scalar.empty())
      return fail(value.line, fmt::format("{} must be a text", name));
    out = value.scalar;
  }

  void integer(std::string_view name, const Yaml& value, std::int64_t min, std::int64_t max,
               std::int64_t& out) {
    const auto number = value.kind == Yaml::Kind::scalar ? parse::number<std::int64_t>(value.scalar)
                                                         : std::optional<std::int64_t>{};
    if (!number || *number < min || *number > max)
      return fail(value.line, fmt::format("{} must be a whole number from {} to {}", name, min, max));
    out = *number;
  }

  void flag(std::string_view name, const Yaml& value, bool& out) {
    if (value.kind != Yaml::Kind::scalar || (value.scalar != "true" && value.scalar != "false"))
      return fail(value.line, fmt::format("{} must be true or false", name));
    out = value.scalar == "true";
  }

 private:
  std::optional<Error> error_;
};

constexpr std::int64_t day_s = 86'400;

// A member that a VM and `defaults` may both have; false for any other name.
bool read_common(Reading& reading, std::string_view name, const Yaml& value, Request& out) {
  if (name == "target")
    reading.text(name, value, out.target);
  else if (name == "format")
    reading.text(name, value, out.format);
  else if (name == "engine")
    reading.text(name, value, out.engine);
  else if (name == "provider")
    reading.text(name, value, out.provider);
  else if (name == "user")
    reading.text(name, value, out.user);
  else if (name == "warm")
    reading.flag(name, value, out.warm);
  else if (name == "rounds")
    reading.integer(name, value, 0, 1000, out.rounds);
  else if (name == "round_interval")
    reading.integer(name, value, 0, 30 * day_s, out.round_interval_s);
  else if (name == "cutover_below")
    reading.integer(name, value, 0, rate_max, out.cutover_below);
  else if (name == "rate_limit")
    reading.integer(name, value, 0, rate_max, out.rate_limit);
  else
    return false;
  return true;
}

void read_disk(Reading& reading, const Yaml& value, const std::string& folder, Request& out) {
  Request::Disk disk;
  if (value.kind == Yaml::Kind::map) {
    for (const auto& [name, member] : value.members) {
      if (name == "source")
        reading.text(name, member, disk.source);
      else if (name == "format")
        reading.text(name, member, disk.format);
      else
        reading.fail(member.line, fmt::format("a disk has no '{}'; it has source and format", name));
    }
    if (disk.source.empty()) reading.fail(value.line, "a disk needs its source");
  } else {
    reading.text("a disk", value, disk.source);
  }
  disk.source = (std::filesystem::path{folder} / disk.source).string();
  out.disks.push_back(std::move(disk));
}

void read_disks(Reading& reading, const Yaml& value, const std::string& folder, const PlanLimits& limits,
                Request& out) {
  if (value.kind != Yaml::Kind::list || value.items.empty() || value.items.size() > limits.disks_max)
    return reading.fail(value.line, fmt::format("disks must be a list of 1 to {}", limits.disks_max));
  for (const Yaml& item : value.items) read_disk(reading, item, folder, out);
}

PlanVm read_vm(Reading& reading, const Yaml& value, const Request& defaults, const std::string& folder,
               const PlanLimits& limits) {
  PlanVm vm;
  vm.line = value.line;
  vm.request = defaults;
  if (value.kind != Yaml::Kind::map) {
    reading.fail(value.line, "a VM must be a map");
    return vm;
  }
  for (const auto& [name, member] : value.members) {
    if (name == "name")
      reading.text(name, member, vm.request.vm);
    else if (name == "disks")
      read_disks(reading, member, folder, limits, vm.request);
    else if (!read_common(reading, name, member, vm.request))
      reading.fail(member.line, fmt::format("a VM has no '{}'", name));
  }
  if (vm.request.vm.empty()) reading.fail(value.line, "a VM needs its name");
  if (vm.request.disks.empty()) reading.fail(value.line, "a VM needs its disks");
  if (vm.request.target.empty()) reading.fail(value.line, "a VM needs its target, or defaults one");
  return vm;
}

void read_defaults(Reading& reading, const Yaml& value, Request& out) {
  if (value.kind != Yaml::Kind::map) return reading.fail(value.line, "defaults must be a map");
  for (const auto& [name, member] : value.members)
    if (!read_common(reading, name, member, out))
      reading.fail(member.line, fmt::format("defaults have no '{}'", name));
}

void read_top(Reading& reading, const Yaml& root, PlanFile& plan, Request& defaults) {
  for (const auto& [name, member] : root.members) {
    if (name == "plan")
      reading.text(name, member, plan.id);
    else if (name == "name")
      reading.text(name, member, plan.name);
    else if (name == "attempts")
      reading.integer(name, member, 1, 100, plan.attempts_max);
    else if (name == "retry_delay") {
      std::int64_t seconds = 0;
      reading.integer(name, member, 0, day_s, seconds);
      plan.retry_delay = std::chrono::seconds{seconds};
    } else if (name == "defaults")
      read_defaults(reading, member, defaults);
    else if (name != "vms")
      reading.fail(member.line, fmt::format("a plan has no '{}'", name));
  }
  if (plan.id.empty()) reading.fail(root.line, "a plan needs its id: 'plan: wave-1'");
}

}  // namespace

std::string plan_task_id(std::string_view plan_id, std::string_view vm_name) {
  constexpr std::size_t bytes_max = 128;
  std::string id = fmt::format("{}.{}", plan_id, vm_name).substr(0, bytes_max);
  for (char& c : id)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '.' && c != '_' && c != ':' && c != '-')
      c = '_';
  return id;
}

Result<PlanFile> parse_plan(const std::string& yaml, const std::string& folder, const PlanLimits& limits) {
  const auto root = service::parse_yaml(yaml);
  if (!root) return root.error();
  if (root->kind != Yaml::Kind::map) return invalid_error("line 1: a plan must be a map");
  Reading reading;
  PlanFile plan;
  Request defaults;
  read_top(reading, *root, plan, defaults);
  const Yaml* vms = root->find("vms");
  if (vms == nullptr || vms->kind != Yaml::Kind::list || vms->items.empty() ||
      vms->items.size() > limits.vms_max) {
    reading.fail(vms == nullptr ? root->line : vms->line,
                 fmt::format("a plan needs vms: a list of 1 to {}", limits.vms_max));
    return *reading.error();
  }
  std::map<std::string, int> lines;
  for (const Yaml& item : vms->items) {
    PlanVm vm = read_vm(reading, item, defaults, folder, limits);
    vm.request.plan_id = plan.id;
    vm.request.task_id = plan_task_id(plan.id, vm.request.vm);
    const auto [at, is_new] = lines.try_emplace(vm.request.task_id, vm.line);
    if (!is_new)
      reading.fail(vm.line, fmt::format("the VM {} is in line {} already", vm.request.vm, at->second));
    plan.vms.push_back(std::move(vm));
  }
  if (reading.error()) return *reading.error();
  return plan;
}

Result<PlanFile> read_plan(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) return invalid_error(fmt::format("{}: cannot be read", path));
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  std::error_code ignored;
  const std::string folder = std::filesystem::absolute(path, ignored).parent_path().string();
  auto plan = parse_plan(text, folder);
  if (!plan) return invalid_error(fmt::format("{}: {}", path, plan.error().message));
  return plan;
}

}  // namespace godwit::worker
