// RawConnection: a TCP connection to 127.0.0.1 that sends any bytes, for requests no proper client would
// send.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace godwit::http {

class RawConnection {
 public:
  explicit RawConnection(const std::string& address);
  ~RawConnection();
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;

  bool send(std::string_view bytes);
  // Reads until what has come holds `text`, the peer closes, or 10 s have passed; gives all that has come.
  std::string read_until(std::string_view text);
  std::string read_to_end() { return read_until({}); }
  bool closed() const { return closed_; }

 private:
  int handle_ = -1;
  std::string received_;
  bool closed_ = false;
};

}  // namespace godwit::http
