"""Images a second: the resize alone, and batches as training gets them.

python -m tools.bench_data
"""

import time

import numpy as np

from d2l_shim.data.fashion_mnist import FashionMNIST, resize_bilinear


def main():
    X = np.random.default_rng(0).random((128, 28, 28), np.float32)
    begun = time.perf_counter()
    for _ in range(500):
        resize_bilinear(X, (96, 96))
    rate = 500 * len(X) / (time.perf_counter() - begun)
    print(f'resize 28 -> 96   {rate:9,.0f} images/s')
    loader = FashionMNIST(128, (96, 96), synthetic=True).train_dataloader()
    begun = time.perf_counter()
    done = sum(len(y) for _, y in loader)
    rate = done / (time.perf_counter() - begun)
    print(f'batches of 128    {rate:9,.0f} images/s')


if __name__ == '__main__':
    main()
