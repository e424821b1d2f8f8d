#include "consumers/webhooks/kinds/advice.h"

#include <algorithm>
#include <array>

namespace godwit::webhooks::kinds {
namespace {

struct Advice {
  std::string_view word;
  std::string_view text;
};

constexpr std::array<Advice, 19> by_code{{
    {"no_space",
     "Free space where the worker or the target writes, or choose another storage; then start it again."},
    {"checksum_mismatch",
     "Start it again; if it repeats, check the network path and the target's storage for corruption."},
    {"export_differs", "The source changed during the copy: stop the VM or migrate from a snapshot."},
    {"tool_killed",
     "Look for an out-of-memory kill on the worker (dmesg); give it more memory or run fewer tasks at once."},
    {"tool_missing", "Install the tool on the worker, or correct its path."},
    {"tool_not_started", "Check that the worker may run the tool, and its limits on processes and memory."},
    {"tool_failed", "Read the tool's last words in the error; run it by hand with the same image for more."},
    {"read_failed", "Check that the worker can read the source: permissions, mounts, and the disk's health."},
    {"source_io", "Check the source datastore and its paths for I/O errors."},
    {"source_not_supported", "Convert the disk to a supported format first, or use another export method."},
    {"upload_failed", "Check the network between worker and target, and that the target's service is up."},
    {"http_401", "Renew the credentials for the target."},
    {"http_403", "Grant the worker's account the right to write to the target."},
    {"snapshot_quiesce", "Check the guest's tools and VSS writers, or take the snapshot without quiescing."},
    {"cbt_disabled", "Enable changed block tracking on the VM and start the warm migration anew."},
    {"vddk_slow", "Check the transport (NBD, HotAdd, SAN) and the load of the ESXi host."},
    {"hook_exit", "Read the hook's output; correct it or take it out of the plan."},
    {"hook_crash", "Read the hook's output; correct it or take it out of the plan."},
    {"tasks_failed", "Look at the plan's failed tasks one by one; the others need nothing."},
}};

constexpr std::array<Advice, 9> by_class{{
    {"storage", "Check free space, permissions and health of the source's and the target's storage."},
    {"network",
     "Check name resolution, routes and firewalls between worker, source and target; then start it again."},
    {"auth", "Check that the credentials are right, not expired, and allowed to do this."},
    {"guest", "Check the guest's tools, pending reboots and open snapshots; then start it again."},
    {"tool", "Read the tool's last words in the error, and check its version on the worker."},
    {"data", "Start it again; if it repeats, check storage and network for corruption."},
    {"source", "Check that the source is reachable and of a supported kind."},
    {"target", "Check that the target is reachable and has room and quota."},
    {"config", "Correct the task's configuration; starting it again will not help."},
}};

template <std::size_t Count>
std::optional<std::string_view> find(const std::array<Advice, Count>& all, std::string_view word) {
  const auto* at =
      std::find_if(all.begin(), all.end(), [&](const Advice& each) { return each.word == word; });
  return at == all.end() ? std::nullopt : std::optional{at->text};
}

}  // namespace

std::optional<std::string_view> advice_for(std::string_view code, std::string_view error_class) {
  const auto exact = find(by_code, code);
  return exact ? exact : find(by_class, error_class);
}

}  // namespace godwit::webhooks::kinds
