#include "consumers/audit/ledger/key_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <system_error>

#include "common/base/descriptor.h"

namespace godwit::audit::ledger {
namespace {

constexpr mode_t owner_only = S_IRUSR | S_IWUSR;
constexpr mode_t group_and_others = S_IRWXG | S_IRWXO;
constexpr std::size_t key_file_bytes_max = 4096;

Error file_error(const std::string& path, std::string_view what) {
  return fatal_error(fmt::format("the key file {}: {}", path, what));
}

Error system_error(const std::string& path, int code) {
  return file_error(path, std::generic_category().message(code));
}

// Why the file must not be used as a key; nullopt when it may.
std::optional<std::string> refusal(int file) {
  struct stat status {};
  if (::fstat(file, &status) != 0) return std::generic_category().message(errno);
  if (!S_ISREG(status.st_mode)) return "it is no regular file";
  if (status.st_uid != ::geteuid()) return "it belongs to another user";
  if ((status.st_mode & group_and_others) != 0)
    return "group or others may open it; chmod 600 it if nobody has read it";
  return std::nullopt;
}

bool write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// 0, or the errno of what failed.
int write_new(const std::string& path, std::string_view bytes) {
  const Descriptor file{
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, owner_only)};
  if (!file.is_open()) return errno;
  // The file is ours alone whatever the umask was.
  if (::fchmod(file.get(), owner_only) != 0 || !write_all(file.get(), bytes) || ::fsync(file.get()) != 0)
    return errno;
  return 0;
}

int sync_folder(const std::string& path) {
  const auto folder = std::filesystem::absolute(path).parent_path();
  const Descriptor held{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  return held.is_open() && ::fsync(held.get()) == 0 ? 0 : errno;
}

// Puts a new key where no file is. 0 also when another process was faster.
int create(const std::string& path, const std::string& key_name) {
  std::string secret = Signer{key_name, PrivateKey::generate()}.secret_text() + "\n";
  const std::string beside = fmt::format("{}.{}.new", path, ::getpid());
  ::unlink(beside.c_str());  // of a process that died here and had our number
  int failure = write_new(beside, secret);
  wipe(secret);
  // A link, not a rename: it never replaces a key that is there.
  if (failure == 0 && ::link(beside.c_str(), path.c_str()) != 0 && errno != EEXIST) failure = errno;
  ::unlink(beside.c_str());
  return failure == 0 ? sync_folder(path) : failure;
}

}  // namespace

Result<Signer> read_key_file(const std::string& path) {
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (!file.is_open()) return system_error(path, errno);
  if (const auto why = refusal(file.get())) return file_error(path, *why);
  std::string text(key_file_bytes_max, '\0');
  const ssize_t size = ::read(file.get(), text.data(), text.size());
  if (size < 0) return system_error(path, errno);
  text.resize(static_cast<std::size_t>(size));
  const bool one_line = !text.empty() && text.find('\n') == text.size() - 1;
  auto signer = one_line ? Signer::parse(std::string_view{text}.substr(0, text.size() - 1))
                         : Result<Signer>{invalid_error("it is not one line")};
  wipe(text);
  if (!signer) return file_error(path, signer.error().message);
  return signer;
}

Result<Signer> open_key_file(const std::string& path, const std::string& key_name) {
  if (::access(path.c_str(), F_OK) != 0 && errno == ENOENT)
    if (const int failure = create(path, key_name); failure != 0) return system_error(path, failure);
  auto signer = read_key_file(path);
  if (signer && signer->verifier().name != key_name)
    return file_error(path, fmt::format("its key is {}, not {}", signer->verifier().name, key_name));
  return signer;
}

}  // namespace godwit::audit::ledger
