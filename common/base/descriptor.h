// Descriptor: owns a file descriptor of the operating system and closes it in the end.
#pragma once

namespace godwit {

// Moved, not copied. One that owns nothing is -1, as a failed open() gives.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor() { close(); }

  int get() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }
  void close();

 private:
  int release();
  int fd_ = -1;
};

}  // namespace godwit
