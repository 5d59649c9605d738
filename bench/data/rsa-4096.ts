/** One signature by a key of 4096 bits, which would take seconds to make; the private key was thrown away. */

/** In base64. Exponent 65537. */
export const RSA_4096_MODULUS =
  'pm62MDWCC2aQAn4dZ+l8YrLdeMigVJcEVJRtzpILDAUgrq1pAGhV4okRq4hYbUBG/n6EPNJUV3jJJ42EbcEJTWv61/u12O5D2FECFlu9iCx6hNP4' +
  '9Zhcc/WyLQ5x3GmhT/ZqJhz6efZWW8y6Ji9sYAFjXDC9Sy6g3EHmA1QWO7YYfp3yoU647AdPjN9l5EcCwvCilyW5mlj1CbeaOhP5CfZLhJJKX+9n' +
  'E5oT2dmUwSxEUs2rke+pFMkqBfCa2xmsn0Kd74NldFvXYg4R0LSbWQYHlHy4BQWv1HIp+UR5azg4eWVmNv8nik/kKckUUkrAd1ghE9zOnBUQOxzx' +
  'Fd/ZPnl3KiuvF//FiF18NVwMx9CyHYNLEs3eJ8p5/1KfeflycBrhoQBSWyWtS0Mxipz6eed0ztqvkanJyfCYsNsGG//HYoU8NAPcDZJwyzJdT/5A' +
  '/RjyLx7INzst2Zs1ylDDXUT2R0gM/L+BS+sh94oCthE+7TUp977kywQB/FqDHfLZ8m2FtUuuX+k1+UdlRBFp9o0kriYMCXHskuW4Qm8KDav46WzK' +
  'UVYX8wI3SFGOetFCC4rklBDdTAzPai3BqNBp19ZQQvra20KCQj5M4SRbZB2Cm+b5Tknb1xwFZd+hnmG7S5HNiAcQ6z53/XYdxqcUJnEkPjZU7z56' +
  '/cW+mVL0Jrc='

/** In base64: SHA-256, over the octets 0 to 159. */
export const RSA_4096_SIGNATURE =
  'NFsZgncdoRhbH4/T+MuiqNo5X1jkWnqZ/PkmDkQlc33b6A5vMjqHvsp2dCSmsLFoLDBy8SyZv5lTFKZcwCZOH5x0vLpVAI8MVHshfiHalkQ3CC1K' +
  'lzKofnfL+iBf5A+X/L+neXOZ549zMVbL0f5GneRq1nb8kCQ6icBW9/NJ9sfR9bW+BO38k9OcGtlAW7RyYn+W3G18kqXvJAIrrNHmQ9ms4vx/fFb8' +
  'EJ708ATlnVhLh727NArowIRLBVcaEfetSw1sGBnG9y/3GVXiL94Xoa1FPqMjNZKz+XT0WQK1AEP1BAogiP+Gg+N7Yt2OcFFqRvpc5raQPm8moYd+' +
  'SqkUjCZa2etG2KYQboEz84A5Rr7N2ZB0uESlRsEYlbgP9zqAL/Oz2C0NX07rkpHrbsg20dxidz5pTqfzFFlBFKtHO281BtV4eaU71Z7z2i32qevw' +
  'PYfsqHK1+hJR3r8Ko5zxc6XtUNvnR0EKGxcE6Lbc85A27y6dPKYwAoteG1rj04xnL4Vm3UQrgQv3Q+IS+k7VD060yCydFXO/+6SP5hKlCSnwqlFQ' +
  'eaIAH8e+und9J592mHf8wWDn6uzCVT0SrO6c0+A+lQcwN+tfVKlRgY+msJUjJwCbAvV1hOgiB8sDYBjFfPSIHeU/P/UzB/bu4Fs/KuEo0pZAirn4' +
  'U6BZl1e0vc0='
