import Mynah

print(ClassificationMethod.allCases)
